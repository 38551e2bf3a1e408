package io.tidemark.query;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.regex.Regex;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/// Which shards may hold a metric: a window of them that its name picks, as the writers of the log do.
///
/// The window may be made wider while there is data, for the first shard of a name stays; after it was made narrower, series written
/// before are not found until they have aged out.
///
/// @param shards how many there are
/// @param window how many of them one name uses; 0 or more than there are: all
/// @param first  the first of a name's window, 0-based
public record NameShards(int shards, int window, ToIntFunction<String> first) {
  /// A pattern that names more metrics is looked for everywhere.
  private static final int NAMES_MAX = 64;

  public NameShards {
    if (shards < 1 || window < 0) {
      throw new IllegalArgumentException("shards " + shards + ", window " + window);
    }
  }

  /// All shards.
  public Set<Integer> all() {
    return IntStream.range(0, shards).boxed().collect(TreeSet::new, Set::add, Set::addAll);
  }

  /// The shards that may hold series that pass all `matchers`, ascending.
  public Set<Integer> of(List<Matcher> matchers) {
    Set<Integer> found = all();
    for (Matcher matcher : matchers) {
      names(matcher).ifPresent(names -> found.retainAll(of(names)));
    }
    return found;
  }

  /// The only metric names that pass, when there are few enough to be listed.
  private static Optional<Set<String>> names(Matcher matcher) {
    if (!matcher.name().equals(LabelSet.NAME)) {
      return Optional.empty();
    }
    Optional<Set<String>> names = switch (matcher.op()) {
      case EQUAL -> Optional.of(Set.of(matcher.value()));
      case MATCH -> Regex.compile(matcher.value()).literals();
      case NOT_EQUAL, NOT_MATCH -> Optional.empty();
    };
    return names.filter(some -> some.size() <= NAMES_MAX);
  }

  private Set<Integer> of(Collection<String> names) {
    var found = new TreeSet<Integer>();
    int width = window == 0 ? shards : Math.min(window, shards);
    for (String name : names) {
      int begin = first.applyAsInt(name);
      for (int i = 0; i < width; i++) {
        found.add((begin + i) % shards);
      }
    }
    return found;
  }
}
