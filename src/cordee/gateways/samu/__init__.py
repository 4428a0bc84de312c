"""The Hub Santé over AMQP 0-9-1: ledger of messages, post, wire, emulator. Decision 0079."""
