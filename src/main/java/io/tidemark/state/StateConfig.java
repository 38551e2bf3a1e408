package io.tidemark.state;

import io.tidemark.config.Section;

/// Where the state is kept.
public sealed interface StateConfig permits JournalStateConfig, RedisStateConfig {
  /// Reads the section `state`: `backend` is `journal` or `redis`, the latter described by the section `redis` in it.
  static StateConfig read(Section section) {
    String backend = section.oneOf("backend", "journal", "journal", "redis");
    JournalStateConfig journal = JournalStateConfig.read(section);
    RedisStateConfig redis = RedisStateConfig.read(section.sectionOrEmpty("redis"));
    section.done();
    return backend.equals("redis") ? redis : journal;
  }
}
