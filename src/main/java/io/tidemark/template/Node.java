package io.tidemark.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The parsed form of a template: what is written, node by node. Immutable.
sealed interface Node {
  /// 1-based place in the source.
  record Place(String template, int line, int column) {
    @Override
    public String toString() {
      return "template " + template + ":" + line + ":" + column;
    }
  }

  record Text(Place place, String text) implements Node {}

  /// `{{pipeline}}`; one that declares or assigns prints nothing.
  record Action(Pipe pipe) implements Node {}

  record If(Pipe condition, List<Node> then, List<Node> otherwise) implements Node {}

  record With(Pipe pipe, List<Node> body, List<Node> otherwise) implements Node {}

  record Range(Pipe pipe, List<Node> body, List<Node> otherwise) implements Node {}

  record Invoke(Place place, String name, Optional<Pipe> data) implements Node {}

  record Break() implements Node {}

  record Continue() implements Node {}

  /// What an operand of a command can be.
  sealed interface Operand {
    Place place();
  }

  record Dot(Place place) implements Operand {}

  record Literal(Place place, Object value) implements Operand {}

  record Field(Place place, List<String> path) implements Operand {}

  record Variable(Place place, String name, List<String> path) implements Operand {}

  record Function(Place place, String name) implements Operand {}

  record Chain(Place place, Operand base, List<String> path) implements Operand {}

  /// Commands joined by `|`, with the variables they declare or assign.
  record Pipe(Place place, List<String> variables, boolean assigns, List<List<Operand>> commands) implements Operand {}

  /// All templates of a set, by name.
  record Tree(Map<String, List<Node>> templates) {}
}
