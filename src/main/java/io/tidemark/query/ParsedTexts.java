package io.tidemark.query;

import io.tidemark.promql.Features;
import io.tidemark.promql.PromQL;
import io.tidemark.telemetry.Counter;
import io.tidemark.telemetry.Metrics;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The texts that were asked last and their trees, for dashboards and rules ask the same again and again. Safe on any thread.
///
/// A tree is immutable, so queries that run at once share it. Texts are compared as they are written: the places in a tree, which errors
/// and remarks name, are those of its text. A text that does not parse is not kept.
final class ParsedTexts {
  /// Longest text that is kept, in characters; few are longer, and those are not asked often.
  static final int TEXT_CHARS_MAX = 2_048;
  /// What an entry takes beside its text and tree, in characters of a text.
  static final int ENTRY_CHARS = 32;
  /// All texts together. With {@link QueryEngine#TREE_BYTES} for each character at most 32 MiB; a usual text takes a tenth of that.
  static final int CHARS_MAX = 256 * 1024;

  private final Features features;
  private final int charsMax;
  private final Counter kept;
  private final Counter parsed;
  /// In the order of use. Guarded by this.
  private final Map<String, ParsedText> texts = new LinkedHashMap<>(64, 0.75f, true);
  private int chars;

  ParsedTexts(Features features, int charsMax, Metrics metrics) {
    this.features = features;
    this.charsMax = charsMax;
    String help = "Texts of queries, by whether their tree was at hand.";
    kept = metrics.counter("tidemark_query_parsed_texts_total", help, "from", "cache");
    parsed = metrics.counter("tidemark_query_parsed_texts_total", help, "from", "parser");
    metrics.gauge("tidemark_query_parsed_chars", "Characters of the texts whose trees are kept, and " + ENTRY_CHARS + " for each.",
        this::chars);
    metrics.gauge("tidemark_query_parsed_max_chars", "The most of them; those used longest ago go first.", () -> charsMax);
  }

  private synchronized double chars() {
    return chars;
  }

  /// The tree of `text`, parsed and type-checked; throws as {@link PromQL#parse} does.
  ParsedText parse(String text) {
    ParsedText known = find(text);
    if (known != null) {
      kept.increment();
      return known;
    }
    var tree = new ParsedText(PromQL.parse(text, features));
    parsed.increment();
    if (text.length() <= TEXT_CHARS_MAX) {
      keep(text, tree);
    }
    return tree;
  }

  private synchronized @Nullable ParsedText find(String text) {
    return texts.get(text);
  }

  private synchronized void keep(String text, ParsedText tree) {
    if (texts.put(text, tree) == null) {
      chars += size(text);
    }
    for (Iterator<String> oldest = texts.keySet().iterator(); chars > charsMax;) {
      chars -= size(oldest.next());
      oldest.remove();
    }
  }

  private static int size(String text) {
    return text.length() + ENTRY_CHARS;
  }
}
