"""The INSi teleservice: what it is asked, what it answers, the SOAP wire and an emulator."""
