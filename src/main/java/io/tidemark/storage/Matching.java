package io.tidemark.storage;

import io.tidemark.model.Matcher;
import io.tidemark.regex.Regex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// The matchers of one query, compiled once, and how they run over an index. Immutable; any thread.
final class Matching {
  /// One matcher.
  ///
  /// @param literals the values that it names when it is positive and names them all, otherwise empty
  private record Test(Matcher matcher, Predicate<String> passes, boolean passesEmpty, Set<String> literals) {}

  private final List<Test> tests;
  private final ReadWatch watch;

  private Matching(List<Test> tests, ReadWatch watch) {
    this.tests = tests;
    this.watch = watch;
  }

  /// @throws io.tidemark.model.TidemarkException `BAD_DATA` for a pattern that is none
  static Matching compile(List<Matcher> matchers, ReadWatch watch) {
    var tests = new ArrayList<Test>(matchers.size());
    for (Matcher matcher : matchers) {
      String value = matcher.value();
      tests.add(switch (matcher.op()) {
        case EQUAL -> test(matcher, value::equals, Set.of(value));
        case NOT_EQUAL -> test(matcher, text -> !text.equals(value), Set.of());
        case MATCH -> {
          Regex regex = Regex.compile(value);
          yield test(matcher, regex::matches, regex.literals().orElse(Set.of()));
        }
        case NOT_MATCH -> {
          Regex regex = Regex.compile(value);
          yield test(matcher, text -> !regex.matches(text), Set.of());
        }
      });
    }
    return new Matching(List.copyOf(tests), watch);
  }

  private static Test test(Matcher matcher, Predicate<String> passes, Set<String> literals) {
    return new Test(matcher, passes, passes.test(""), literals);
  }

  /// The series of `index` that pass every matcher, ascending.
  ///
  /// A matcher that fails on the empty string is a union of postings; one that passes it takes away the union of the values that
  /// fail. Unions are made first, the smallest drives the intersection.
  Postings select(LabelIndex index) {
    int end = index.refsEnd();
    var unions = new ArrayList<Postings>();
    var minus = new ArrayList<Postings>();
    for (Test test : tests) {
      if (test.passesEmpty) {
        minus.add(union(index, test, end, false));
      } else {
        Postings union = union(index, test, end, true);
        if (union.count() == 0) {
          return Postings.NONE;
        }
        unions.add(union);
      }
    }
    unions.sort(Comparator.comparingInt(Postings::count));
    Postings result = unions.isEmpty() ? all(end) : unions.getFirst();
    for (int i = 1; i < unions.size(); i++) {
      result = combine(result, unions.get(i), true);
    }
    for (Postings less : minus) {
      if (less.count() > 0) {
        result = combine(result, less, false);
      }
    }
    return clip(result, end);
  }

  private static Postings all(int end) {
    int[] refs = new int[end];
    Arrays.setAll(refs, i -> i);
    return new Postings(refs, end);
  }

  /// Postings may have grown past the prefix that the query looks at.
  private static Postings clip(Postings postings, int end) {
    int count = postings.count();
    while (count > 0 && postings.refs()[count - 1] >= end) {
      count--;
    }
    return count == postings.count() ? postings : new Postings(postings.refs(), count);
  }

  /// The series with a value that passes (or fails) the test; values are never empty.
  private Postings union(LabelIndex index, Test test, int end, boolean passing) {
    var pace = new Pace(watch);
    var parts = new ArrayList<Postings>();
    String name = test.matcher.name();
    if (passing && !test.literals.isEmpty()) {
      for (String value : test.literals) {
        parts.add(index.postings(name, value));
      }
    } else if (!passing && test.matcher.op() == Matcher.Op.NOT_EQUAL) {
      parts.add(index.postings(name, test.matcher.value()));
    } else {
      index.forEachValue(name, value -> {
        pace.round();
        return test.passes.test(value) == passing;
      }, (_, postings) -> parts.add(postings));
    }
    return union(parts, end);
  }

  private static Postings union(List<Postings> parts, int end) {
    if (parts.isEmpty()) {
      return Postings.NONE;
    }
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    long[] bits = new long[(end + 63) / 64];
    for (Postings part : parts) {
      for (int i = 0; i < part.count(); i++) {
        int ref = part.refs()[i];
        if (ref < end) {
          bits[ref >>> 6] |= 1L << ref;
        }
      }
    }
    int count = 0;
    for (long word : bits) {
      count += Long.bitCount(word);
    }
    int[] refs = new int[count];
    int at = 0;
    for (int i = 0; i < bits.length; i++) {
      for (long word = bits[i]; word != 0; word &= word - 1) {
        refs[at++] = i << 6 | Long.numberOfTrailingZeros(word);
      }
    }
    return new Postings(refs, count);
  }

  /// The refs of `from` that are (or are not) in `other`. Steps through `other` by doubling, so a small `from` is cheap.
  private static Postings combine(Postings from, Postings other, boolean keepCommon) {
    int[] kept = new int[from.count()];
    int count = 0;
    int at = 0;
    int[] refs = other.refs();
    int end = other.count();
    for (int i = 0; i < from.count(); i++) {
      int ref = from.refs()[i];
      at = seek(refs, at, end, ref);
      boolean common = at < end && refs[at] == ref;
      if (common == keepCommon) {
        kept[count++] = ref;
      }
    }
    return new Postings(kept, count);
  }

  /// The first place in `[from, end)` whose ref is not below `ref`.
  private static int seek(int[] refs, int from, int end, int ref) {
    int step = 1;
    int low = from;
    int high = from;
    while (high < end && refs[high] < ref) {
      low = high + 1;
      high += step;
      step <<= 1;
    }
    int found = Arrays.binarySearch(refs, low, Math.min(high, end), ref);
    return found >= 0 ? found : -found - 1;
  }
}
