"""HospiConnect: who the agents of a structure are, nationally and here."""
