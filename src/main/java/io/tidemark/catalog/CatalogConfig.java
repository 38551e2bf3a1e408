package io.tidemark.catalog;

import io.tidemark.config.Section;

/// Where the catalog is kept.
public sealed interface CatalogConfig permits EmbeddedCatalogConfig, PostgresCatalogConfig {
  /// Reads the section `catalog`: `backend` is `embedded` or `postgres`, the latter described by the section `postgres` in it.
  static CatalogConfig read(Section section) {
    String backend = section.oneOf("backend", "embedded", "embedded", "postgres");
    PostgresCatalogConfig postgres = PostgresCatalogConfig.read(section.sectionOrEmpty("postgres"));
    section.done();
    return backend.equals("postgres") ? postgres : new EmbeddedCatalogConfig();
  }
}
