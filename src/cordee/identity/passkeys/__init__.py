"""Passkeys (WebAuthn): a device that proves who holds it, and that they unlocked it."""
