"""Surnames of the region: old families of the country and those who came from elsewhere."""

from __future__ import annotations

from typing import Final

_COUNTRY: Final = (
    "Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel"
    " Lefebvre Leroy Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine"
    " Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin Boyer Garnier"
    " Chevalier François Legrand Gauthier Perrin Robin Clément Morin Nicolas Henry Roussel"
    " Mathieu Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour"
    " Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud"
    " Martinet Gérard Roche Renard Schmitt Roy Colin Vidal Caron Picard Roger Fabre Aubert"
    " Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet"
    " Rolland Leclercq Guillaume Lecomte Dupuy Jean Guillot Hubert Berger Carpentier Sanchez"
    " Dupuis Moulin Louis Deschamps Huet Vasseur Boucher Fleury Royer Klein Jacquet Adam"
    " Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron"
    " Bertin Bailly Hervé Schneider Fernandez Collet Léger Bouvier Julien Prévost Millet"
    " Perrot Daniel Cousin Germain Breton Besson Langlois Rémy Pelletier Lévêque Perrier"
    " Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud"
    " Guichard Poulain Étienne Gillet Hoarau Tessier Chevallier Collin Chauvin Bouchet Gay"
    " Lemaître Marechal Humbert Reynaud Antoine Hoareau Perret Barthélemy Cordier Pichon"
    " Lejeune Gilbert Lamy Delaunay Pasquier Carlier Laporte Gros Buisson Briand Alexandre"
    " Géraud Vallet Camus Besnard Ferrand Bodin Maury Rousset Ferry Cornu Jourdain Bouquet"
    " Chartier Blondel Courtois Verdier Prat Texier Raynaud Sauvage Thévenin Jacquot"
    " Vuillemin Grosjean Mougin Cuenot Jeannin Vernier Boillot Faivre Girardot Bourquin"
    " Tissot Monnet Racine Maire Bolard Coulon Gauthey Marmier Chatelain Pernot Prost Guyon"
    " Belin Lambert-Roche Viennot Bouveret Pagnier Ravier Clerget"
)
_BRETON: Final = (
    "Le Goff|Le Gall|Le Roux|Le Bihan|Le Corre|Morvan|Kerbrat|Kervella|Tanguy|Quéré|Cariou"
    "|Guéguen|Riou|Hémon|Salaün|Abgrall|Madec|Jézéquel|Cadiou|Le Floc’h"
)
_PARTICLES: Final = (
    "de Lanthes|de Montgivry|du Plessis-Renard|de La Borne|Le Tellier|La Fargue"
    "|de Brennecourt|d’Arbonnay|du Bois-Noir|Des Essards"
)
_SOUTH: Final = (
    "Castel Cazals Delmas Puech Vidalenc Bousquet Cassagne Lacoste Escande Fabrègues"
    " Bonnafous Costes Rouanet Barthès Viguier Calvet Peyre Pons Sabatier Soulié"
)
_IBERIAN: Final = (
    "Pereira|Ferreira|da Silva|dos Santos|Rodrigues|Gonçalves|Martins|Lopes|Oliveira"
    "|Fernandes|Gomes|Teixeira|Diaz|Garcia|Lopez|Sanchis|Costa|Moreno|Ruiz|Ribeiro"
)
_MAGHREBI: Final = (
    "Benali|Haddad|Saïdi|Benhamou|Amrani|Mansouri|Belkacem|Bouzid|Cherif|Djebbar|El Amrani"
    "|El Idrissi|Ferhat|Hamidi|Kaddour|Larbi|Meziane|Ould Ali|Rahmani|Slimani|Tahar|Zerrouki"
    "|Ben Salah|Trabelsi"
)
_ELSEWHERE: Final = (
    "Nguyen|Tran|Pham|Diallo|Traoré|Koné|Ndiaye|Mbemba|Yılmaz|Kaya|Kowalski|Nowak|Wozniak"
    "|Rossi|Bianchi|Ricci|Ferrari|Popescu|Ionescu|Petrović|Hoffmann|Schwartz|Van Damme"
    "|De Smet"
)

COUNTRY: Final = tuple(_COUNTRY.split())
BRETON: Final = tuple(_BRETON.split("|"))
PARTICLES: Final = tuple(_PARTICLES.split("|"))
SOUTH: Final = tuple(_SOUTH.split())
IBERIAN: Final = tuple(_IBERIAN.split("|"))
MAGHREBI: Final = tuple(_MAGHREBI.split("|"))
ELSEWHERE: Final = tuple(_ELSEWHERE.split("|"))

# Stems and endings of surnames that old villages of the east made by the dozen.
STEMS: Final = (
    "Bour",
    "Chav",
    "Cler",
    "Dor",
    "Fav",
    "Grand",
    "Jac",
    "Lor",
    "Mar",
    "Mont",
    "Per",
    "Rav",
    "Rich",
    "Thiéb",
    "Vall",
    "Vern",
)
ENDINGS: Final = (
    "ard",
    "aud",
    "elet",
    "emin",
    "enet",
    "eron",
    "ier",
    "illot",
    "in",
    "ot",
    "oz",
    "uchet",
    "ussin",
    "ey",
)
DERIVED: Final = tuple(stem + ending for stem in STEMS for ending in ENDINGS)
