"""Are two identities of one person: normalisation, French sounds, weights, score, blocks, batch."""
