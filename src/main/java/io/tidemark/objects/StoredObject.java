package io.tidemark.objects;

/// An object that is in a store.
///
/// @param bytes its size
public record StoredObject(String key, long bytes) {}
