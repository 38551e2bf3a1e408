package io.tidemark.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// Parses YAML into a tree of {@link Section}, {@link Item} and texts.
///
/// Bounds: 16 MiB of text, 50 levels, aliases to collections refused (they are how a small file becomes a huge tree), duplicate
/// keys refused. Errors go to the given {@link Problems} with line and column.
public final class Yaml {
  private static final int TEXT_CHARS_MAX = 16 * 1024 * 1024;
  private static final int DEPTH_MAX = 50;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./][A-Za-z0-9_./-]*");

  private static final Pattern NAMED = Pattern.compile("(found (?:undefined alias|duplicate anchor|undefined tag handle)) .*");

  private Yaml() {}

  /// The root mapping of `text`; an empty document is an empty section, and so is one with a problem.
  public static Section parse(String text, Problems problems) {
    return new Section(tree(text, problems), problems, "");
  }

  /// The configuration as YAML again, overrides included and everything that was read as a secret masked. Call it after the reading.
  public static String print(Section root) {
    var out = new StringBuilder();
    print(out, root.tree(), "", 0, root.problems());
    return out.toString();
  }

  private static void print(StringBuilder out, Tree tree, String path, int depth, Problems problems) {
    switch (tree) {
      case Tree.Mapping mapping -> mapping.children().forEach((key, value) -> {
        String childPath = path.isEmpty() ? key : path + "." + key;
        out.repeat("  ", depth).append(scalar(key)).append(':');
        printValue(out, value, childPath, depth, problems);
      });
      case Tree.Sequence sequence -> {
        for (int i = 0; i < sequence.items().size(); i++) {
          out.repeat("  ", depth).append('-');
          printValue(out, sequence.items().get(i), path + "[" + i + "]", depth, problems);
        }
      }
      case Tree.Text text -> out.append(scalar(text.text()));
    }
  }

  private static void printValue(StringBuilder out, Tree value, String path, int depth, Problems problems) {
    switch (value) {
      case Tree.Text text -> out.append(' ')
          .append(text.isNull() ? "null" : problems.secretPaths().contains(path) ? "<secret>" : scalar(text.text())).append('\n');
      case Tree.Mapping mapping when mapping.children().isEmpty() -> out.append(" {}\n");
      case Tree.Sequence sequence when sequence.items().isEmpty() -> out.append(" []\n");
      case Tree.Mapping _, Tree.Sequence _ -> {
        out.append('\n');
        print(out, value, path, depth + 1, problems);
      }
    }
  }

  /// Plain where that is unambiguous, else in double quotes.
  private static String scalar(String text) {
    if (PLAIN.matcher(text).matches()) {
      return text;
    }
    var out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7f) {
            out.append(String.format("\\x%02x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  private static Tree.Mapping tree(String text, Problems problems) {
    var empty = new Tree.Mapping(new LinkedHashMap<>(), 1, 1);
    if (text.length() > TEXT_CHARS_MAX) {
      problems.add(1, 1, "file of " + text.length() + " characters; at most " + TEXT_CHARS_MAX + " are allowed");
      return empty;
    }
    try {
      var settings = LoadSettings.builder().setUseMarks(true).setAllowDuplicateKeys(false).setMaxAliasesForCollections(0).build();
      Optional<Node> root = new Compose(settings).composeString(text);
      if (root.isEmpty()) {
        return empty;
      }
      return switch (convert(root.get(), problems, 0)) {
        case Tree.Mapping mapping -> mapping;
        case Tree.Text scalar when scalar.text().isEmpty() -> empty;
        case Tree other -> {
          problems.add(other.line(), other.column(), "expected a mapping of keys at the top, found " + other.kind());
          yield empty;
        }
      };
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark();
      problems.add(mark.map(m -> m.getLine() + 1).orElse(1), mark.map(m -> m.getColumn() + 1).orElse(1),
          "not valid YAML: " + withoutNames(String.valueOf(e.getProblem()).replace('\n', ' ')));
    } catch (YamlEngineException e) {
      problems.add(1, 1, "not valid YAML: " + String.valueOf(e.getMessage()).replace('\n', ' '));
    } catch (StackOverflowError e) {
      problems.add(1, 1, "nests more than " + DEPTH_MAX + " levels deep");
    }
    return empty;
  }

  /// A secret that begins with `*`, `&` or `!` and is not in quotes is one of these names to YAML.
  private static String withoutNames(String problem) {
    return NAMED.matcher(problem).replaceFirst("$1 (not shown: it may be a secret); a text that begins with *, & or ! needs quotes");
  }

  private static Tree convert(Node node, Problems problems, int depth) {
    int line = node.getStartMark().map(m -> m.getLine() + 1).orElse(1);
    int column = node.getStartMark().map(m -> m.getColumn() + 1).orElse(1);
    if (depth > DEPTH_MAX) {
      problems.add(line, column, "nests more than " + DEPTH_MAX + " levels deep");
      return new Tree.Text("", true, line, column);
    }
    return switch (node) {
      case MappingNode mapping -> {
        Map<String, Tree> children = new LinkedHashMap<>();
        for (var tuple : mapping.getValue()) {
          Tree value = convert(tuple.getValueNode(), problems, depth + 1);
          if (tuple.getKeyNode() instanceof ScalarNode key) {
            int keyLine = key.getStartMark().map(m -> m.getLine() + 1).orElse(line);
            int keyColumn = key.getStartMark().map(m -> m.getColumn() + 1).orElse(column);
            if (children.put(key.getValue(), value.at(keyLine, keyColumn)) != null) {
              problems.add(keyLine, keyColumn, "key \"" + key.getValue() + "\" is given twice");
            }
          } else {
            problems.add(line, column, "a key must be a plain text");
          }
        }
        yield new Tree.Mapping(children, line, column);
      }
      case SequenceNode sequence -> {
        List<Tree> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
          items.add(convert(item, problems, depth + 1));
        }
        yield new Tree.Sequence(items, line, column);
      }
      case ScalarNode scalar -> new Tree.Text(scalar.getTag() == Tag.NULL ? "" : scalar.getValue(),
          scalar.getTag() == Tag.NULL, line, column);
      default -> {
        problems.add(line, column, "unexpected YAML node");
        yield new Tree.Text("", true, line, column);
      }
    };
  }
}
