package io.tidemark.query.evaluate;

import com.google.re2j.Matcher;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Column;
import io.tidemark.regex.Regex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// `label_replace` and `label_join`. Values stay as they are; labels are made once for all steps.
final class LabelFunctions {
  /// Longest value that a label may be given; with functions inside functions it could double at each.
  private static final int VALUE_CHARS_MAX = 1 << 20;

  private final Evaluator evaluator;

  LabelFunctions(Evaluator evaluator) {
    this.evaluator = evaluator;
  }

  Source replace(Expr.Call call, Grid grid) {
    String target = evaluator.text(call.arguments().get(1));
    String replacement = evaluator.text(call.arguments().get(2));
    String from = evaluator.text(call.arguments().get(3));
    String pattern = evaluator.text(call.arguments().get(4));
    Regex regex;
    try {
      regex = Regex.compile(pattern);
    } catch (TidemarkException e) {
      throw Run.failed("invalid regular expression in label_replace(): " + pattern);
    }
    checkLabel(target, "label_replace");
    return relabeled(call, grid, target, labels -> {
      Matcher matcher = regex.pattern().matcher(labels.value(from));
      return matcher.matches() ? labels.with(target, expand(replacement, matcher, regex)) : labels;
    });
  }

  Source join(Expr.Call call, Grid grid) {
    String target = evaluator.text(call.arguments().get(1));
    String separator = evaluator.text(call.arguments().get(2));
    List<String> from = call.arguments().stream().skip(3).map(evaluator::text).toList();
    for (String name : from) {
      if (!Selections.isValidLabel(name)) {
        throw Run.failed("invalid source label name in label_join(): " + name);
      }
    }
    checkLabel(target, "label_join");
    return relabeled(call, grid, target, labels -> labels.with(target, join(from, separator, labels)));
  }

  private static String join(List<String> from, String separator, LabelSet labels) {
    var out = new StringBuilder();
    for (int i = 0; i < from.size(); i++) {
      out.append(i == 0 ? "" : separator).append(labels.value(from.get(i)));
      checkLength(out);
    }
    return out.toString();
  }

  private static void checkLength(StringBuilder value) {
    if (value.length() > VALUE_CHARS_MAX) {
      throw new TidemarkException(ErrorCode.TOO_EXPENSIVE, "query makes a label value of more than " + VALUE_CHARS_MAX + " characters");
    }
  }

  private static void checkLabel(String name, String function) {
    if (!Selections.isValidLabel(name)) {
      throw Run.failed("invalid destination label name in " + function + "(): " + name);
    }
  }

  private Source relabeled(Expr.Call call, Grid grid, String target, UnaryOperator<LabelSet> relabel) {
    Source source = evaluator.vector(call.arguments().getFirst(), grid);
    boolean naming = target.equals(LabelSet.NAME);
    var labels = new ArrayList<LabelSet>(source.count());
    Map<Integer, Boolean> kept = new HashMap<>();
    for (int i = 0; i < source.count(); i++) {
      evaluator.run.checkEach(i);
      LabelSet before = source.labels(i);
      LabelSet after = relabel.apply(before);
      evaluator.run.hold(Run.ROW_BYTES + 2L * after.value(target).length());
      labels.add(after);
      if (naming && after != before) {
        kept.put(i, true);
      }
    }
    return evaluator.shape.unique(new Relabeled(source, labels, kept), grid.count(), false);
  }

  /// A series whose name was just set keeps it, even if an earlier function would have dropped it.
  private record Relabeled(Source in, List<LabelSet> names, Map<Integer, Boolean> kept) implements Source {
    @Override
    public int count() {
      return in.count();
    }

    @Override
    public LabelSet labels(int index) {
      return names.get(index);
    }

    @Override
    public boolean dropsName(int index) {
      return in.dropsName(index) && !kept.containsKey(index);
    }

    @Override
    public void column(int index, Column out, Scratch scratch) {
      in.column(index, out, scratch);
    }
  }

  /// Go's `Regexp.Expand`: `$1`, `${1}`, `$name`, `$$`; an unknown group is empty.
  static String expand(String template, Matcher matcher, Regex regex) {
    var out = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      checkLength(out);
      char c = template.charAt(at);
      if (c != '$') {
        out.append(c);
        at++;
        continue;
      }
      if (template.startsWith("$$", at)) {
        out.append('$');
        at += 2;
        continue;
      }
      boolean braces = template.startsWith("${", at);
      int from = at + (braces ? 2 : 1);
      int to = from;
      while (to < template.length() && (Character.isLetterOrDigit(template.charAt(to)) || template.charAt(to) == '_')) {
        to++;
      }
      if (to == from || braces && (to == template.length() || template.charAt(to) != '}')) {
        out.append('$');
        at++;
        continue;
      }
      out.append(group(template.substring(from, to), matcher, regex));
      at = braces ? to + 1 : to;
    }
    checkLength(out);
    return out.toString();
  }

  private static String group(String name, Matcher matcher, Regex regex) {
    String text;
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int number = name.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(name);
      text = number <= matcher.groupCount() ? matcher.group(number) : "";
    } else {
      text = regex.pattern().namedGroups().containsKey(name) ? matcher.group(name) : "";
    }
    return text == null ? "" : text;
  }
}
