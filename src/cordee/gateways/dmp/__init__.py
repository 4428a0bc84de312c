"""The DMP on the wire of PDSm for DMP: messages, adapter, emulator. Decision 0044."""
