"""The one door through which figures of population health leave: nothing but `Released` goes out.

`releasing.release` makes one, `cohorts.Counter` answers a count, `released` is what pages,
exports, snapshots and the API are given.
"""
