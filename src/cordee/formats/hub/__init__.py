"""Messages of the Hub Santé: EDXL-DE envelope, message kinds, JSON and XML. Decision 0079."""
