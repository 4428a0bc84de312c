"""UCUM atoms and prefixes of clinical use: symbol to definition, checked by the tests.

Rule: https://ucum.org/ucum, tables 1-25. `mol` and the arbitrary units are dimensions of their
own here, so that 1 mmol/L never meets 6.02*10*20/L; the logarithmic units are left out.
"""

from __future__ import annotations

from typing import Final

PREFIXES: Final[dict[str, str]] = {
    "Y": "1e24", "Z": "1e21", "E": "1e18", "P": "1e15", "T": "1e12", "G": "1e9", "M": "1e6",
    "k": "1e3", "h": "1e2", "da": "1e1", "d": "1e-1", "c": "1e-2", "m": "1e-3", "u": "1e-6",
    "n": "1e-9", "p": "1e-12", "f": "1e-15", "a": "1e-18", "z": "1e-21", "y": "1e-24",
    "Ki": "1024", "Mi": "1048576", "Gi": "1073741824", "Ti": "1099511627776",
}  # fmt: skip

BASES: Final = frozenset({"m", "g", "s", "rad", "K", "C", "cd", "mol", "bit"})

# Arbitrary units convert into nothing but themselves (and their own multiples).
ARBITRARY: Final = frozenset({
    "[iU]", "[arb'U]", "[USP'U]", "[GPL'U]", "[MPL'U]", "[APL'U]", "[beth'U]", "[anti'Xa'U]",
    "[todd'U]", "[dye'U]", "[smgy'U]", "[bdsk'U]", "[ka'U]", "[knk'U]", "[mclg'U]", "[tb'U]",
    "[CCID_50]", "[TCID_50]", "[EID_50]", "[PFU]", "[FFU]", "[CFU]", "[BAU]", "[AU]", "[Amb'a'1'U]",
    "[PNU]", "[Lf]", "[D'ag'U]", "[FEU]", "[ELU]", "[EU]", "[hnsf'U]", "[pH]", "[p'diop]",
    "[hp_X]", "[hp_C]", "[hp_M]", "[hp_Q]", "[kp_X]", "[kp_C]", "[kp_M]", "[kp_Q]", "[S]",
})  # fmt: skip

METRIC: Final[dict[str, tuple[str, str]]] = {
    "Hz": ("1", "s-1"), "N": ("1e3", "g.m/s2"), "Pa": ("1", "N/m2"), "J": ("1", "N.m"),
    "W": ("1", "J/s"), "A": ("1", "C/s"), "V": ("1", "J/C"), "F": ("1", "C/V"),
    "Ohm": ("1", "V/A"), "S": ("1", "A/V"), "Wb": ("1", "V.s"), "T": ("1", "Wb/m2"),
    "H": ("1", "Wb/A"), "lm": ("1", "cd.sr"), "lx": ("1", "lm/m2"), "Bq": ("1", "s-1"),
    "Gy": ("1", "J/kg"), "Sv": ("1", "J/kg"), "sr": ("1", "rad2"), "kat": ("1", "mol/s"),
    "L": ("1e-3", "m3"), "l": ("1e-3", "m3"), "ar": ("100", "m2"), "t": ("1e6", "g"),
    "bar": ("1e5", "Pa"), "u": ("1.6605402e-24", "g"), "eV": ("1.60217733e-19", "J"),
    "pc": ("3.085678e16", "m"), "gf": ("9.80665", "g.m/s2"), "dyn": ("1", "g.cm/s2"),
    "erg": ("1", "dyn.cm"), "P": ("1", "dyn.s/cm2"), "G": ("1e-4", "T"), "St": ("1", "cm2/s"),
    "Ci": ("3.7e10", "Bq"), "R": ("2.58e-4", "C/kg"), "RAD": ("100", "erg/g"),
    "REM": ("1", "RAD"), "cal": ("4.184", "J"), "cal_th": ("4.184", "J"),
    "cal_IT": ("4.1868", "J"), "m[Hg]": ("133322", "Pa"), "m[H2O]": ("9806.65", "Pa"),
    "eq": ("1", "mol"), "osm": ("1", "mol"), "U": ("1e-6", "mol/min"), "[IU]": ("1", "[iU]"),
    "By": ("8", "bit"), "Bd": ("1", "s-1"), "st": ("1", "m3"), "mho": ("1", "S"),
}  # fmt: skip

CUSTOMARY: Final[dict[str, tuple[str, str]]] = {
    "10*": ("10", "1"), "10^": ("10", "1"), "%": ("1e-2", "1"), "[pi]": (
        "3.141592653589793238462643383279", "1"), "[ppth]": ("1e-3", "1"), "[ppm]": ("1e-6", "1"),
    "[ppb]": ("1e-9", "1"), "[pptr]": ("1e-12", "1"), "[HPF]": ("1", "1"), "[LPF]": ("100", "1"),
    "min": ("60", "s"), "h": ("60", "min"), "d": ("24", "h"), "wk": ("7", "d"),
    "a": ("365.25", "d"), "a_j": ("365.25", "d"), "a_t": ("365.24219", "d"),
    "a_g": ("365.2425", "d"), "mo": ("30.4375", "d"), "mo_j": ("30.4375", "d"),
    "mo_g": ("30.436875", "d"), "mo_s": ("29.53059", "d"),
    "deg": ("2", "[pi].rad/360"), "gon": ("0.9", "deg"), "'": ("1", "deg/60"),
    "''": ("1", "deg/3600"), "[g]": ("9.80665", "m/s2"), "Ao": ("0.1", "nm"),
    "b": ("100", "fm2"), "att": ("1", "kgf/cm2"), "atm": ("101325", "Pa"),
    "[psi]": ("1", "[lbf_av]/[in_i]2"), "[lbf_av]": ("1", "[lb_av].[g]"),
    "[in_i'Hg]": ("1", "m[Hg].[in_i]/m"), "[in_i'H2O]": ("1", "m[H2O].[in_i]/m"),
    "[in_i]": ("2.54", "cm"), "[ft_i]": ("12", "[in_i]"), "[yd_i]": ("3", "[ft_i]"),
    "[mi_i]": ("5280", "[ft_i]"), "[nmi_i]": ("1852", "m"), "[sin_i]": ("1", "[in_i]2"),
    "[sft_i]": ("1", "[ft_i]2"), "[cin_i]": ("1", "[in_i]3"), "[cft_i]": ("1", "[ft_i]3"),
    "[kn_i]": ("1", "[nmi_i]/h"), "[in_us]": ("1", "[ft_us]/12"),
    "[ft_us]": ("1200", "m/3937"), "[gr]": ("64.79891", "mg"), "[lb_av]": ("7000", "[gr]"),
    "[oz_av]": ("1", "[lb_av]/16"), "[dr_av]": ("1", "[oz_av]/16"), "[stone_av]": (
        "14", "[lb_av]"), "[ston_av]": ("2000", "[lb_av]"), "[oz_tr]": ("480", "[gr]"),
    "[lb_tr]": ("12", "[oz_tr]"), "[oz_ap]": ("480", "[gr]"), "[dr_ap]": ("60", "[gr]"),
    "[gal_us]": ("231", "[in_i]3"), "[qt_us]": ("1", "[gal_us]/4"),
    "[pt_us]": ("1", "[qt_us]/2"), "[foz_us]": ("1", "[pt_us]/16"),
    "[cup_us]": ("16", "[tbs_us]"), "[tbs_us]": ("1", "[foz_us]/2"),
    "[tsp_us]": ("1", "[tbs_us]/3"), "[fdr_us]": ("1", "[foz_us]/8"),
    "[cup_m]": ("240", "mL"), "[tbs_m]": ("15", "mL"), "[tsp_m]": ("5", "mL"),
    "[foz_m]": ("30", "mL"), "[drp]": ("1", "mL/20"), "[Cal]": ("1", "kcal"),
    "[diop]": ("1", "/m"), "[Ch]": ("1", "mm/3"), "[HP]": ("550", "[ft_i].[lbf_av]/s"),
    "[MET]": ("3.5", "mL/min/kg"), "[car_m]": ("0.2", "g"), "[HU]": ("1", "[hnsf'U]"),
    "bit_s": ("1", "1"),
}  # fmt: skip

# Temperatures have a zero of their own: kelvin = (value + offset) * factor.
SCALES: Final[dict[str, tuple[str, str]]] = {
    "Cel": ("273.15", "1"),
    "[degF]": ("459.67", "5/9"),
    "[degRe]": ("218.52", "5/4"),
}
