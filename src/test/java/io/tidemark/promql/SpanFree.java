package io.tidemark.promql;

import io.tidemark.model.Matcher;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A tree as nested lists without the spans, for comparison.
final class SpanFree {
  private SpanFree() {}

  static Object of(Object node) {
    return switch (node) {
      case Span _ -> "";
      // Matchers print in the order of their text.
      case List<?> list when !list.isEmpty() && list.getFirst() instanceof Matcher -> list.stream().map(Object::toString).sorted().toList();
      case List<?> list -> list.stream().map(SpanFree::of).toList();
      case Optional<?> optional -> optional.map(SpanFree::of);
      // A range or step prints `300` as `5m`: the same length in another spelling.
      case DurationExpr.Literal literal -> List.of("duration", literal.seconds());
      case Record record -> {
        var parts = new ArrayList<Object>(List.of(record.getClass().getSimpleName()));
        for (RecordComponent component : record.getClass().getRecordComponents()) {
          try {
            component.getAccessor().setAccessible(true);
            parts.add(of(component.getAccessor().invoke(record)));
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
          }
        }
        yield parts;
      }
      default -> node;
    };
  }
}
