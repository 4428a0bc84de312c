"""Local accounts: who may enter, by which credentials, in which sessions."""
