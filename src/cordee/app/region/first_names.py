"""First names of the region's people, by sex and by the years when they were given."""

from __future__ import annotations

from typing import Final

FIRST_YEARS: Final = (0, 1946, 1966, 1986, 2006)

_WOMEN: Final = (
    "Yvonne Marcelle Suzanne Odette Simone Jeanne Denise Germaine Madeleine Lucienne Ginette"
    " Paulette Renée Raymonde Andrée Huguette Georgette Thérèse Jacqueline Colette Micheline"
    " Gisèle Solange Éliane Josette Rolande Yvette Henriette Marguerite Lucette",
    "Monique Françoise Nicole Annie Christiane Danielle Martine Chantal Michèle Brigitte"
    " Catherine Marie-Claude Bernadette Évelyne Josiane Joëlle Sylvie Dominique Mireille"
    " Marie-Thérèse Régine Geneviève Claudine Élisabeth Nadine Fatima Maria Khadija Rosa"
    " Anne-Marie",
    "Nathalie Isabelle Valérie Sandrine Stéphanie Céline Sophie Laurence Véronique Karine"
    " Corinne Florence Christelle Delphine Séverine Virginie Aurélie Émilie Hélène Nadia"
    " Samira Malika Paula Gaëlle Anne-Sophie Magali Cécile Élodie Yasmina Nolwenn",
    "Laura Marine Camille Pauline Manon Léa Julie Marion Mathilde Charlotte Clara Anaïs"
    " Océane Justine Morgane Sarah Inès Chloé Lucie Amandine Mélanie Marie Alice Élise Noémie"
    " Imane Soukaina Andreia Maëlys Gwenaëlle",
    "Lina Emma Jade Louise Lola Zoé Éva Léna Juliette Rose Ambre Anna Mila Nour Agathe Léonie"
    " Inaya Romane Lou Margaux Assia Apolline Maïwenn Victoire Adèle Capucine Yasmine Beatriz"
    " Faustine Héloïse",
)
_MEN: Final = (
    "Marcel Roger André René Robert Maurice Raymond Lucien Georges Henri Pierre Fernand Émile"
    " Gaston Louis Albert Jean Paul Bernard Gilbert Léon Eugène Armand Édouard Roland Guy"
    " Antoine Yves Joseph Victor",
    "Michel Jean-Pierre Gérard Daniel Alain Christian Jacques Claude Jean-Claude Patrick"
    " Serge Jean-Luc Didier Philippe Yann Manuel Mohamed Ahmed Joaquim José Francis Gilles"
    " Thierry Hervé Jean-Marie Régis Loïc Bruno Dominique Ali",
    "Christophe Stéphane Laurent Frédéric Olivier Sébastien David Nicolas Éric Franck Vincent"
    " Fabrice Cédric Arnaud Jérôme Ludovic Yannick Karim Rachid Nuno Sylvain Emmanuel Cyril"
    " Grégory Samuel Marc Erwan Benoît François-Xavier Tarik",
    "Thomas Alexandre Julien Kevin Romain Maxime Antoine Guillaume Quentin Florian Clément"
    " Valentin Jérémy Anthony Mathieu Alexis Hugo Baptiste Sofiane Mehdi Yacine Tiago Gaëtan"
    " Adrien Simon Corentin Dylan Bastien Rémi Théophile",
    "Gabriel Raphaël Léo Louis Lucas Adam Arthur Jules Maël Noah Ethan Nathan Sacha Théo Tom"
    " Ilyès Rayan Naël Malo Eliott Timéo Axel Marius Aaron Titouan Enzo Côme Ismaël Martim"
    " Augustin",
)

WOMEN: Final = tuple(tuple(names.split()) for names in _WOMEN)
MEN: Final = tuple(tuple(names.split()) for names in _MEN)
