// Opens pages in Chromium, and prints as JSON what is wrong with them; an empty list is good.
//
//     node check.mjs CHROMIUM SCREENSHOT-FOLDER PAGE...
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, shots, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const faults = [];
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

// visit opens a page, and reports what it says on the console and asks of a network.
async function visit(file, options, inspect) {
  const name = `${basename(file)} (${options.colorScheme}${options.javaScriptEnabled ? '' : ', without JavaScript'})`;
  const fault = (words) => faults.push(`${name}: ${words}`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(5000);
  const address = pathToFileURL(file).href;
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && fault(`console ${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => fault(`script error: ${e.message}`));
  page.on('request', (r) => r.url() !== address && fault(`asks for ${r.url()}`));
  await page.goto(address);
  await inspect(page, fault).catch((e) => fault(e.message.split('\n')[0]));
  if (shots) await page.screenshot({ path: join(shots, `${basename(file, '.html')}-${options.colorScheme}.png`), fullPage: true });
  await context.close();
}

// figures is how many figures there are, and how many of them can be seen.
const figures = (page) => page.$$eval('svg.plot', (all) => [all.length, all.filter((s) => s.getBoundingClientRect().height > 40).length]);

async function complete(page, fault) {
  const [all, seen] = await figures(page);
  if (seen < all) fault(`${all - seen} of ${all} figures cannot be seen`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 1) fault(`the page is ${wide} pixels wider than the window`);
}

// accessible runs axe-core in an isolated world: the page's policy forbids it in its own.
async function accessible(page, fault) {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const run = (expression) => session.send('Runtime.evaluate', { expression, contextId, awaitPromise: true, returnByValue: true });
  await run(axe);
  const { result } = await run("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => [v.impact, v.id, v.help, v.nodes.length, v.nodes[0].html.slice(0, 160)]))");
  if (!Array.isArray(result.value)) return fault(`axe-core did not run: ${result.description ?? JSON.stringify(result)}`);
  for (const [impact, id, help, n, first] of result.value) {
    if (impact === 'serious' || impact === 'critical') fault(`${impact}: ${help} (${id}, ${n} times, first ${first})`);
  }
}

// useful tries what the script adds: the cursor, hiding a line, sorting a table.
async function useful(page, fault) {
  const lined = page.locator('svg.plot:has(g[data-area] g[data-series] path.line)').first();
  if (await lined.count()) {
    await lined.scrollIntoViewIfNeeded();
    const at = await lined.boundingBox();
    await page.mouse.move(at.x + at.width * 0.4, at.y + at.height * 0.4);
    if (!(await page.locator('.readout').isVisible())) fault('no values are shown beside the cursor');
    else if (!/\d/.test(await page.locator('.readout').innerText())) fault('there is no number beside the cursor');
    await page.mouse.move(2, 2);
    if (await page.locator('.readout').isVisible()) fault('the values stay when the cursor leaves');
    await lined.locator('g[data-name] text').first().click();
    if ((await lined.locator('g[data-series].off').count()) !== 1) fault('a click on the name of a line does not hide the line');
    await lined.locator('g[data-name] text').first().click();
  }
  const sort = page.locator('button.sort:visible').first();
  if (await sort.count()) {
    const table = page.locator('table', { has: sort }).first();
    const column = () => table.locator('tbody tr > :first-child').allInnerTexts();
    const before = await column();
    await sort.click();
    await sort.click();
    const after = await column();
    if (before.length !== after.length || [...before].sort().join() !== [...after].sort().join()) fault('sorting changed what the table says');
  }
  const details = page.locator('figure details').first();
  if (await details.count()) {
    await details.locator('summary').click();
    const saved = page.waitForEvent('download');
    await details.locator('button.save').click();
    const lines = readFileSync(await (await saved).path(), 'utf8').trim().split('\r\n');
    if (lines.length !== (await details.locator('tr').count())) fault('the table saved as CSV has not as many lines as the table has rows');
  }
  await page.click('#theme');
  if (!(await page.evaluate(() => document.documentElement.dataset.theme))) fault('the button does not switch between light and dark');
  await page.click('#theme');
}

for (const file of pages) {
  for (const colorScheme of ['light', 'dark']) {
    await visit(file, { colorScheme, javaScriptEnabled: true }, async (page, fault) => {
      await complete(page, fault);
      await accessible(page, fault);
      await useful(page, fault);
    });
  }
  await visit(file, { colorScheme: 'light', javaScriptEnabled: false }, complete);
}
await browser.close();
console.log(JSON.stringify(faults));
