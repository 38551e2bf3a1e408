package io.tidemark.catalog;

/// A catalog in a database file below the data directory; there is nothing to choose.
public record EmbeddedCatalogConfig() implements CatalogConfig {}
