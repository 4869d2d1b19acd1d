// Package elasticity judges how supply followed demand, from step series of both: by the
// elasticity metrics of the SPEC Research Group and by those of control theory. It is pure.
//
// Sources of the formulas: N. Herbst et al., "Quantifying Cloud Performance and Dependability:
// Taxonomy, Metric Design, and Emerging Challenges", ACM TOMPECS 3(4), 2018 (SPEC RG), and the
// step response of control theory as in K. Ogata, "Modern Control Engineering", section 5.3.
package elasticity
