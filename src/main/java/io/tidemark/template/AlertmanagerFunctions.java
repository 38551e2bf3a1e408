package io.tidemark.template;

import io.tidemark.template.Functions.Entry;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;

/// The functions of Alertmanager's notification templates. Source: https://prometheus.io/docs/alerting/latest/notifications/.
final class AlertmanagerFunctions {
  private static final Functions TIMELESS = Functions.builtin().with(timeless());

  private AlertmanagerFunctions() {}

  static Functions of(long nowMillis) {
    GoTime now = GoTime.ofMillis(nowMillis);
    return TIMELESS.with("since", 1, 1, c -> now.since(c.time(0)));
  }

  private static Entry one(TemplateFunction function) {
    return new Entry(1, 1, function);
  }

  private static Entry two(TemplateFunction function) {
    return new Entry(2, 2, function);
  }

  private static Map<String, Entry> timeless() {
    var all = new HashMap<String, Entry>();
    all.put("toUpper", one(c -> Texts.upper(c.text(0))));
    all.put("toLower", one(c -> Texts.lower(c.text(0))));
    all.put("title", one(c -> Texts.title(c.text(0), true)));
    all.put("trimSpace", one(c -> c.text(0).strip()));
    all.put("join", two(c -> GoPrint.joined(c.list(1), c.text(0))));
    all.put("match", two(c -> Texts.match(c.text(0), c.text(1))));
    all.put("safeHtml", one(c -> new SafeText(c.text(0))));
    all.put("safeUrl", one(c -> new SafeText(c.text(0))));
    all.put("urlUnescape", one(AlertmanagerFunctions::urlUnescape));
    all.put("reReplaceAll", new Entry(3, 3, c -> Texts.replaceAll(c.text(0), c.text(1), c.text(2))));
    all.put("stringSlice", new Entry(0, Integer.MAX_VALUE, Call::all));
    all.put("date", two(c -> c.time(1).format(c.text(0))));
    all.put("tz", two(AlertmanagerFunctions::inZone));
    all.put("humanizeDuration", one(c -> Humanize.duration(c.number(0))));
    all.put("toJson", one(c -> Json.print(c.any(0))));
    return all;
  }

  private static Object urlUnescape(Call call) {
    try {
      return URLDecoder.decode(call.text(0), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw call.failure("invalid URL escape in \"" + call.text(0) + "\"");
    }
  }

  private static Object inZone(Call call) {
    try {
      String zone = call.text(0);
      return call.time(1).in(zone.isEmpty() || zone.equals("Local") ? ZoneId.of("UTC") : ZoneId.of(zone));
    } catch (DateTimeException e) {
      throw call.failure("unknown time zone " + call.text(0));
    }
  }
}
