package io.tidemark.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/// A mapping of a configuration file, read key by key.
///
/// A reader asks for every key it knows, then calls {@link #done}, which turns the keys nobody asked for into problems that name
/// the nearest known key. A missing key (or one without a value) gives the default; a value of the wrong form gives the default
/// and a problem. Readers of different houses may read the same section, each its own keys; whoever wires them calls `done` last.
/// Not thread-safe.
public final class Section {
  private static final Pattern BYTES = Pattern.compile("(\\d+)(B|KB|KiB|MB|MiB|GB|GiB|TB|TiB)?");

  private final Tree.Mapping tree;
  private final Problems problems;
  private final String path;
  private final Set<String> known;

  Section(Tree.Mapping tree, Problems problems, String path) {
    this.tree = tree;
    this.problems = problems;
    this.path = path;
    this.known = problems.knownKeys(path);
  }

  /// Sets `dotted.path` to a text, as `--set dotted.path=text` does; intermediate mappings are created. Where a list
  /// of texts is wanted, `[a, b]` and `[]` are lists.
  public void override(String dottedPath, String text) {
    Map<String, Tree> at = tree.children();
    String[] keys = dottedPath.split("\\.", -1);
    for (int i = 0; i + 1 < keys.length; i++) {
      Tree.Mapping next = at.get(keys[i]) instanceof Tree.Mapping mapping ? mapping : new Tree.Mapping(new LinkedHashMap<>(), 1, 1);
      at.put(keys[i], next);
      at = next.children();
    }
    at.put(keys[keys.length - 1], new Tree.Text(text, false, 1, 1));
    problems.setPaths().add(pathTo(dottedPath));
  }

  Tree.Mapping tree() {
    return tree;
  }

  public int line() {
    return tree.line();
  }

  public int column() {
    return tree.column();
  }

  /// Whether `key` is there with a value; also makes it known.
  public boolean has(String key) {
    return child(key).isPresent();
  }

  /// The names of all keys, in file order; makes them known. For mappings with free keys.
  public List<String> keys() {
    known.addAll(tree.children().keySet());
    return List.copyOf(tree.children().keySet());
  }

  /// Notes a problem at the place of `key`, or of this section when the key is missing.
  public void problem(String key, String text) {
    Tree at = tree.children().get(key);
    problems.add(at == null ? tree.line() : at.line(), at == null ? tree.column() : at.column(), text);
  }

  public Problems problems() {
    return problems;
  }

  private Optional<Tree> child(String key) {
    known.add(key);
    Tree child = tree.children().get(key);
    return child == null || child instanceof Tree.Text text && text.isNull() ? Optional.empty() : Optional.of(child);
  }

  private void expected(String key, String what, Tree found) {
    problems.add(found.line(), found.column(), pathTo(key) + ": expected " + what + ", found " + found.kind());
  }

  private String pathTo(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  public String text(String key, String byDefault) {
    return item(key).map(Item::text).orElse(byDefault);
  }

  /// The text of a key that must be there; a problem and the empty string when it is not.
  public String requiredText(String key) {
    Optional<Item> item = item(key);
    if (item.isEmpty() || item.get().text().isEmpty()) {
      if (!(tree.children().get(key) instanceof Tree.Mapping) && !(tree.children().get(key) instanceof Tree.Sequence)) {
        problem(key, pathTo(key) + ": required, but missing");
      }
      return "";
    }
    return item.get().text();
  }

  /// A text that nobody is shown; {@link Yaml#print} masks it from here on.
  public Secret secret(String key) {
    problems.secretPaths().add(pathTo(key));
    return new Secret(text(key, ""));
  }

  /// The text of `key` with its place.
  public Optional<Item> item(String key) {
    return child(key).flatMap(tree -> {
      if (tree instanceof Tree.Text text) {
        return Optional.of(new Item(text.text(), text.line(), text.column()));
      }
      expected(key, "a text", tree);
      return Optional.empty();
    });
  }

  private <T> T parsed(String key, T byDefault, String what, Function<String, Optional<T>> parse) {
    return child(key).map(tree -> {
      Optional<T> value = tree instanceof Tree.Text text ? parse.apply(text.text()) : Optional.empty();
      if (value.isEmpty()) {
        String found = tree instanceof Tree.Text text && !text.isNull() ? '"' + text.text() + '"' : tree.kind();
        problems.add(tree.line(), tree.column(), pathTo(key) + ": expected " + what + ", found " + found);
      }
      return value.orElse(byDefault);
    }).orElse(byDefault);
  }

  public boolean flag(String key, boolean byDefault) {
    return parsed(key, byDefault, "true or false", text -> switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    });
  }

  /// A whole number within `min` and `max`, both inclusive.
  public long number(String key, long byDefault, long min, long max) {
    return parsed(key, byDefault, "a whole number from " + min + " to " + max, text -> {
      try {
        long value = Long.parseLong(text.replace("_", ""));
        return value < min || value > max ? Optional.empty() : Optional.of(value);
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    });
  }

  /// A decimal number within `min` and `max`, both inclusive.
  public double decimal(String key, double byDefault, double min, double max) {
    return parsed(key, byDefault, "a number from " + min + " to " + max, text -> {
      try {
        double value = Double.parseDouble(text);
        return value >= min && value <= max ? Optional.of(value) : Optional.empty();
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    });
  }

  /// A duration such as `1h30m`, in milliseconds.
  public long durationMillis(String key, long byDefaultMillis) {
    return parsed(key, byDefaultMillis, "a duration such as 15s or 1h30m", text -> {
      OptionalLong millis = Durations.parse(text);
      return millis.isPresent() ? Optional.of(millis.getAsLong()) : Optional.empty();
    });
  }

  /// A duration in milliseconds, or `Long.MAX_VALUE` for the word `unlimited`.
  public long durationMillisOrUnlimited(String key, long byDefaultMillis) {
    return child(key).filter(t -> t instanceof Tree.Text text && text.text().equals("unlimited")).isPresent()
        ? Long.MAX_VALUE : durationMillis(key, byDefaultMillis);
  }

  /// A byte count such as `512MiB` (1024-based with the i, 1000-based without), or `Long.MAX_VALUE` for `unlimited`.
  public long bytes(String key, long byDefault) {
    return parsed(key, byDefault, "a size such as 64MiB, or unlimited", text -> {
      if (text.equals("unlimited")) {
        return Optional.of(Long.MAX_VALUE);
      }
      var matcher = BYTES.matcher(text);
      if (!matcher.matches() || matcher.group(1).length() > 15) {
        return Optional.empty();
      }
      String unit = matcher.group(2) == null ? "B" : matcher.group(2);
      long base = unit.contains("i") ? 1024 : 1000;
      long factor = (long) Math.pow(base, "BKMGT".indexOf(unit.charAt(0)));
      return Optional.of(Long.parseLong(matcher.group(1)) * factor);
    });
  }

  /// One of the given words.
  public String oneOf(String key, String byDefault, String... words) {
    return parsed(key, byDefault, "one of " + String.join(", ", words),
        text -> List.of(words).contains(text) ? Optional.of(text) : Optional.empty());
  }

  /// The texts of a list; a single text counts as a list of one.
  public List<Item> items(String key) {
    var items = new ArrayList<Item>();
    listed(key).ifPresent(tree -> {
      switch (tree) {
        case Tree.Text text -> items.add(new Item(text.text(), text.line(), text.column()));
        case Tree.Sequence sequence -> {
          for (Tree item : sequence.items()) {
            if (item instanceof Tree.Text text) {
              items.add(new Item(text.text(), text.line(), text.column()));
            } else {
              expected(key, "a list of texts", item);
            }
          }
        }
        case Tree.Mapping mapping -> expected(key, "a list of texts", mapping);
      }
    });
    return items;
  }

  /// The child under `key`. A text that was set, and looks like a list, becomes one: only here it is known that a list is wanted.
  private Optional<Tree> listed(String key) {
    Optional<Tree> child = child(key);
    if (child.isEmpty() || !(child.get() instanceof Tree.Text text) || !problems.setPaths().contains(pathTo(key))
        || !text.text().startsWith("[") || !text.text().endsWith("]")) {
      return child;
    }
    List<Tree> items = Arrays.stream(text.text().substring(1, text.text().length() - 1).split(",")).map(String::strip)
        .filter(item -> !item.isEmpty()).<Tree>map(item -> new Tree.Text(item, false, text.line(), text.column())).toList();
    var list = new Tree.Sequence(items, text.line(), text.column());
    tree.children().put(key, list);
    return Optional.of(list);
  }

  public List<String> texts(String key) {
    return items(key).stream().map(Item::text).toList();
  }

  /// A mapping of free names to texts, in file order.
  public Map<String, String> textMap(String key) {
    var map = new LinkedHashMap<String, String>();
    section(key).ifPresent(section -> {
      for (String name : section.keys()) {
        map.put(name, section.text(name, ""));
      }
    });
    return map;
  }

  /// The mapping under `key`, if it is there.
  public Optional<Section> section(String key) {
    return child(key).flatMap(tree -> {
      if (tree instanceof Tree.Mapping mapping) {
        return Optional.of(new Section(mapping, problems, pathTo(key)));
      }
      expected(key, "a mapping of keys", tree);
      return Optional.empty();
    });
  }

  /// The mapping under `key`, or an empty one: for sections whose keys all have defaults.
  public Section sectionOrEmpty(String key) {
    return section(key).orElseGet(
        () -> new Section(new Tree.Mapping(new LinkedHashMap<>(), tree.line(), tree.column()), problems, pathTo(key)));
  }

  /// The mappings of the list under `key`; empty when it is missing.
  public List<Section> sections(String key) {
    var sections = new ArrayList<Section>();
    child(key).ifPresent(tree -> {
      if (!(tree instanceof Tree.Sequence sequence)) {
        expected(key, "a list", tree);
        return;
      }
      for (int i = 0; i < sequence.items().size(); i++) {
        if (sequence.items().get(i) instanceof Tree.Mapping mapping) {
          sections.add(new Section(mapping, problems, pathTo(key) + "[" + i + "]"));
        } else {
          expected(key, "a mapping of keys", sequence.items().get(i));
        }
      }
    });
    return sections;
  }

  /// Ends the reading: every key nobody asked for becomes a problem.
  public void done() {
    tree.children().forEach((key, value) -> {
      if (!known.contains(key)) {
        String where = path.isEmpty() ? "at the top" : "in " + path;
        String nearest = known.stream().min(Comparator.comparingInt(k -> distance(k, key)))
            .map(k -> "; nearest is \"" + k + "\"").orElse("");
        problems.add(value.line(), value.column(), "unknown key \"" + key + "\" " + where + nearest);
      }
    });
  }

  /// Levenshtein distance.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
