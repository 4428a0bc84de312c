"""Names of the fictional region: counties, groupings of communes, communes."""

from __future__ import annotations

from typing import Final

COUNTIES: Final = {
    "A": "Ouche-et-Loue",
    "B": "Brenne-et-Saulx",
    "C": "Vezon-Orlenne",
    "D": "Haute-Thoire-et-Nance",
}

# Eight groupings a county, five communes a grouping, the seat first in upper halves of a band.
GROUPINGS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Haut-Sorgue", ("Haut-Sorgue", "Sorgeval", "Noirefont", "Pierrevaux-le-Haut", "Ursanne")),
    (
        "Forêt de Nançois",
        ("Nançois-la-Forêt", "Villers-la-Roche", "Maizeroy-le-Bois", "Quincelle", "Lavernoy"),
    ),
    (
        "Val de Loue-Haute",
        ("Loue-le-Château", "Arc-sous-Loue", "Prévaux", "Échemont", "Saint-Aubrin"),
    ),
    (
        "Pays de Charmecy",
        ("Charmecy", "Montgivry", "Dampvaux", "Chantelouve-le-Bois", "Rougemare"),
    ),
    ("Grand Aubrey", ("Aubrey", "Aubrey-Est", "Mercevaux", "Belle-Épine", "Frasnelles")),
    (
        "Les Deux-Étangs",
        ("Vaux-les-Étangs", "Étang-le-Neuf", "Gevrolles-le-Sec", "Vellemont", "Sainte-Colme"),
    ),
    (
        "Plaine d’Issy",
        ("Tréveray-d’Issy", "Corcelles-d’Issy", "Issy-la-Plaine", "Bréhault", "Orchamps-la-Plaine"),
    ),
    (
        "Marches de l’Ouche",
        ("Ouchelles", "Fontenelle-d’Ouche", "Marchenoy-sur-Ouche", "Ronchaux-le-Grand", "La Borne"),
    ),
    (
        "Belmont Agglo",
        ("Valmont-le-Sec", "Brennecourt", "Belmont", "Épagny-le-Moulin", "Sept-Fours"),
    ),
    ("Quatre-Vents", ("Saulx-le-Bas", "Saulx", "Les Quatre-Vents", "Malvaux", "Croix-Rousselle")),
    (
        "Vallée de la Brenne",
        ("Brenne-le-Pont", "Vallebrenne", "Saint-Rémin", "Chaumerey", "Liffol-la-Brenne"),
    ),
    (
        "Sud-Brenne",
        ("Montrevaux", "Gironcelle", "Pont-de-Brenne", "Thélonne-le-Petit", "Rochefontaine"),
    ),
    (
        "Plateau d’Ervance",
        ("Ervance", "Haute-Ervance", "Mandreval", "Bois-le-Roy", "Saint-Elvan"),
    ),
    ("Vals de Lanthes", ("Lanthes", "Lanthenot-le-Vieux", "Cuvrelle", "Neuvegrange", "Bazincelle")),
    (
        "Pays de Mirevaux",
        ("Mirevaux", "Mireval-le-Haut", "Domprix-la-Ville", "Vaudigny", "Harcelle"),
    ),
    ("Bocage de Flammery", ("Flammery", "Ormelles", "La Haie-Blanche", "Béthencelle", "Vigneroy")),
    ("Bas-Serval", ("Serval-le-Bas", "Mouthelin", "Chalanges", "Brévilliers-le-Sec", "Fayolle")),
    (
        "Monts de Serval",
        ("Serval", "Saint-Jeoire-des-Monts", "Le Crêt-du-Loup", "Pradelle", "Montbrisac"),
    ),
    (
        "Plateau de Grivelle",
        ("Grivelle", "Grivelotte", "Champdorée", "Sainte-Auréole", "Terrevive"),
    ),
    (
        "Haute-Orlenne",
        ("Orlenne-les-Bains", "Roquevaire-le-Haut", "Malemort-d’Orlenne", "Vernède", "Cassagnolle"),
    ),
    ("Corvigny Agglo", ("Clervaux", "Corvigny-les-Vignes", "Corvigny", "Fleurelle", "Puy-Marin")),
    (
        "Vallée de l’Orlenne",
        ("Pont-d’Orlenne", "Orlenne-le-Bourg", "Mazerolle", "Cazalis-la-Vallée", "Rieuxcourt"),
    ),
    (
        "Terres de Vezon",
        ("Vezon-le-Vieux", "Tournevent", "Castelroy", "Beaufermé", "Les Essards-Noirs"),
    ),
    (
        "Pays de Vezon",
        ("Vezon", "Aiguevive-sous-Vezon", "Bressolle", "Lagardelle-Haute", "Pechaud"),
    ),
    (
        "Côte de Nance",
        ("Nance", "Nance-la-Côte", "Vignory-les-Coteaux", "Arbonnay", "Saint-Vernin"),
    ),
    (
        "Val de Meuse-Sud",
        ("Meuzelle", "Neuvillers-sur-Meuzelle", "Brouillard-le-Val", "Damvillette", "Stainvaux"),
    ),
    (
        "Les Trois-Ponts",
        ("Trois-Ponts", "Pontarmé-le-Vieux", "Erquelle", "La Vacherie", "Hautmesnil"),
    ),
    ("Pays de Thoire", ("Thoire", "Thoirette-le-Lac", "Cize-la-Rivière", "Coisiat", "Matafelle")),
    ("Darnois Agglo", ("Provenchay", "Darnois-Gare", "Darnois", "Attignelle", "Bonvillard")),
    (
        "Plaine de Darnois",
        ("Vioménile", "Relangey", "Escle-la-Plaine", "Monthurelle", "Grignonvaux"),
    ),
    (
        "Causse Rouge",
        ("Rougecausse", "Saint-Affrès", "La Cavalière", "Sévérac-le-Neuf", "Millargues"),
    ),
    (
        "Haute-Thoire",
        ("Thoire-les-Sapins", "Giron-le-Haut", "Échallonnay", "Bellefroide", "Le Poizet"),
    ),
)

# Weights of the towns; the other communes draw theirs.
TOWNS: Final = {
    "Aubrey": 146_000.0,
    "Aubrey-Est": 27_000.0,
    "Issy-la-Plaine": 7_200.0,
    "Haut-Sorgue": 4_100.0,
    "Loue-le-Château": 21_000.0,
    "Vaux-les-Étangs": 17_500.0,
    "Ouchelles": 14_000.0,
    "Belmont": 82_000.0,
    "Saulx": 13_500.0,
    "Saulx-le-Bas": 3_400.0,
    "Montrevaux": 15_500.0,
    "Brenne-le-Pont": 18_000.0,
    "Mirevaux": 12_500.0,
    "Corvigny": 61_000.0,
    "Vezon": 11_500.0,
    "Serval": 9_800.0,
    "Orlenne-les-Bains": 8_900.0,
    "Darnois": 93_000.0,
    "Nance": 24_000.0,
    "Thoire": 10_500.0,
    "Trois-Ponts": 9_200.0,
}
