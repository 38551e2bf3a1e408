package io.tidemark.template;

import io.tidemark.model.LabelSet;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Labels or annotations as templates see them: Alertmanager's `KV`. A missing name is the empty text (with
/// {@link RenderOptions.MissingKey#ZERO}); `SortedPairs`, `Names`, `Values` and `Remove` are its methods. Immutable.
public final class KeyValues implements TemplateObject {
  private final SortedMap<String, String> pairs;

  private KeyValues(SortedMap<String, String> pairs) {
    this.pairs = pairs;
  }

  public static KeyValues of(LabelSet labels) {
    return new KeyValues(labels.toMap());
  }

  public static KeyValues of(Map<String, String> pairs) {
    return new KeyValues(new TreeMap<>(pairs));
  }

  /// The pairs, sorted by name; read only.
  public Map<String, String> pairs() {
    return Collections.unmodifiableMap(pairs);
  }

  /// The methods; a name that is none of them is a key, see `Renderer`.
  @Override
  public Optional<Object> member(String name, List<Object> arguments) {
    return switch (name) {
      case "SortedPairs" -> Optional.of(new Pairs(List.copyOf(ordered())));
      case "Names" -> Optional.of(ordered().stream().map(Pair::name).toList());
      case "Values" -> Optional.of(ordered().stream().map(Pair::value).toList());
      case "Remove" -> Optional.of(remove(arguments));
      case String key -> Optional.ofNullable(pairs.get(key));
    };
  }

  private KeyValues remove(List<Object> arguments) {
    if (arguments.size() != 1 || !(arguments.getFirst() instanceof Collection<?> names)) {
      throw new TemplateFailure("Remove expects one list of names, e.g. (stringSlice \"alertname\")");
    }
    var rest = new TreeMap<>(pairs);
    rest.keySet().removeAll(names);
    return new KeyValues(rest);
  }

  /// `alertname` first, then by name, as Alertmanager sorts.
  private List<Pair> ordered() {
    var first = pairs.entrySet().stream().filter(e -> e.getKey().equals("alertname"));
    var rest = pairs.entrySet().stream().filter(e -> !e.getKey().equals("alertname"));
    return Stream.concat(first, rest).map(e -> new Pair(e.getKey(), e.getValue())).toList();
  }

  @Override
  public String typeName() {
    return "template.KV";
  }

  @Override
  public String toString() {
    return GoPrint.print(pairs);
  }

  private record Pair(String name, String value) implements TemplateObject {
    @Override
    public Optional<Object> member(String field, List<Object> arguments) {
      return switch (field) {
        case "Name" -> Optional.of(name);
        case "Value" -> Optional.of(value);
        default -> Optional.empty();
      };
    }

    @Override
    public String typeName() {
      return "template.Pair";
    }

    @Override
    public String toString() {
      return "{" + name + " " + value + "}";
    }
  }

  /// A list of pairs that also has the methods `Names` and `Values`.
  private static final class Pairs extends AbstractList<Object> implements TemplateObject {
    private final List<Pair> pairs;

    Pairs(List<Pair> pairs) {
      this.pairs = pairs;
    }

    @Override
    public Object get(int index) {
      return pairs.get(index);
    }

    @Override
    public int size() {
      return pairs.size();
    }

    @Override
    public Optional<Object> member(String name, List<Object> arguments) {
      return switch (name) {
        case "Names" -> Optional.of(pairs.stream().map(Pair::name).toList());
        case "Values" -> Optional.of(pairs.stream().map(Pair::value).toList());
        default -> Optional.empty();
      };
    }

    @Override
    public String typeName() {
      return "template.Pairs";
    }
  }
}
