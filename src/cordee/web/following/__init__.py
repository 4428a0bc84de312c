"""What somebody is told of and by which channel: subscriptions, addresses, relays."""
