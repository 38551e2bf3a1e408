package io.tidemark.template;

import io.tidemark.template.Functions.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The functions of Prometheus' alert templates. Source: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/.
final class PrometheusFunctions {
  private static final int ANY = Integer.MAX_VALUE;
  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d+)y)?(?:(\\d+)w)?(?:(\\d+)d)?(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");
  private static final long[] UNIT_MILLIS = {31_536_000_000L, 604_800_000L, 86_400_000L, 3_600_000L, 60_000L, 1_000L, 1L};
  private static final Functions TIMELESS = Functions.builtin().with(timeless());

  private PrometheusFunctions() {}

  static Functions of(PrometheusScope scope) {
    var bound = new HashMap<String, Entry>();
    bound.put("query", one(c -> List.copyOf(scope.query().apply(c.text(0)))));
    bound.put("now", new Entry(0, 0, _ -> scope.nowMillis() / 1000.0));
    bound.put("externalURL", new Entry(0, 0, _ -> scope.externalUrl().toString()));
    bound.put("pathPrefix", new Entry(0, 0, _ -> scope.externalUrl().getPath() == null ? "" : scope.externalUrl().getPath()));
    return TIMELESS.with(bound);
  }

  private static Entry one(TemplateFunction function) {
    return new Entry(1, 1, function);
  }

  private static Entry two(TemplateFunction function) {
    return new Entry(2, 2, function);
  }

  private static Map<String, Entry> timeless() {
    var all = new HashMap<String, Entry>();
    all.put("first", one(c -> c.list(0).stream().findFirst().map(Object.class::cast)
        .orElseThrow(() -> c.failure("first() called on vector with no elements"))));
    all.put("label", two(c -> sample(c, 1).labels().value(c.text(0))));
    all.put("value", one(c -> sample(c, 0).value()));
    all.put("strvalue", one(c -> sample(c, 0).labels().value("__value__")));
    all.put("sortByLabel", two(PrometheusFunctions::sortByLabel));
    all.put("args", new Entry(0, ANY, PrometheusFunctions::args));
    all.put("tmpl", two(c -> new SafeText(c.render(c.text(0), c.any(1)))));
    all.put("match", two(c -> Texts.match(c.text(0), c.text(1))));
    all.put("reReplaceAll", new Entry(3, 3, c -> Texts.replaceAll(c.text(0), c.text(1), c.text(2))));
    all.put("safeHtml", one(c -> new SafeText(c.text(0))));
    all.put("title", one(c -> Texts.title(c.text(0), false)));
    all.put("toUpper", one(c -> Texts.upper(c.text(0))));
    all.put("toLower", one(c -> Texts.lower(c.text(0))));
    all.put("graphLink", one(c -> "/graph?g0.expr=" + Builtins.queryEscape(c.text(0)) + "&g0.tab=0"));
    all.put("tableLink", one(c -> "/graph?g0.expr=" + Builtins.queryEscape(c.text(0)) + "&g0.tab=1"));
    all.put("urlQueryEscape", one(c -> Builtins.queryEscape(c.text(0))));
    all.put("humanize", one(c -> Humanize.decimal(c.number(0))));
    all.put("humanize1024", one(c -> Humanize.binary(c.number(0))));
    all.put("humanizeDuration", one(c -> Humanize.duration(c.number(0))));
    all.put("humanizePercentage", one(c -> Humanize.percentage(c.number(0))));
    all.put("humanizeTimestamp", one(c -> Double.isFinite(c.number(0)) ? Humanize.time(c.number(0)).toString()
        : GoNumbers.print(c.number(0))));
    all.put("toTime", one(c -> Humanize.time(c.number(0))));
    all.put("toDuration", one(c -> Humanize.span(c.number(0))));
    all.put("parseDuration", one(c -> durationMillis(c) / 1000.0));
    all.put("parseDurationTime", one(c -> new GoDuration(durationMillis(c) * 1_000_000L)));
    all.put("stripPort", one(c -> HostNames.withoutPort(c.text(0))));
    all.put("stripDomain", one(c -> HostNames.withoutDomain(c.text(0))));
    return all;
  }

  private static QuerySample sample(Call call, int index) {
    if (call.any(index) instanceof QuerySample sample) {
      return sample;
    }
    throw call.failure("expected a sample of a query, found " + GoPrint.typeName(call.any(index)));
  }

  private static Object sortByLabel(Call call) {
    String label = call.text(0);
    var samples = new ArrayList<QuerySample>();
    for (Object item : call.list(1)) {
      if (!(item instanceof QuerySample sample)) {
        throw call.failure("expected samples of a query, found " + GoPrint.typeName(item));
      }
      samples.add(sample);
    }
    samples.sort(Comparator.comparing(s -> s.labels().value(label)));
    return samples;
  }

  private static Object args(Call call) {
    var map = new TreeMap<String, Object>();
    for (int i = 0; i < call.count(); i++) {
      map.put("arg" + i, call.any(i));
    }
    return map;
  }

  private static long durationMillis(Call call) {
    String text = call.text(0);
    if (text.equals("0")) {
      return 0;
    }
    Matcher matcher = DURATION.matcher(text);
    if (text.isEmpty() || text.length() > 64 || !matcher.matches()) {
      throw call.failure("not a valid duration string: \"" + text + "\"");
    }
    long millis = 0;
    try {
      for (int i = 0; i < UNIT_MILLIS.length; i++) {
        String digits = matcher.group(i + 1);
        millis = digits == null ? millis : Math.addExact(millis, Math.multiplyExact(Long.parseLong(digits), UNIT_MILLIS[i]));
      }
      return Math.multiplyExact(millis, 1_000_000L) / 1_000_000L;
    } catch (ArithmeticException | NumberFormatException e) {
      throw call.failure("duration out of range: \"" + text + "\"");
    }
  }
}
