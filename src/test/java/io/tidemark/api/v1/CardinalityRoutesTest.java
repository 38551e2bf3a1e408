package io.tidemark.api.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.collector.BudgetKind;
import io.tidemark.collector.CardinalityView;
import io.tidemark.collector.CardinalityView.Name;
import io.tidemark.collector.CardinalityView.Quarantined;
import io.tidemark.collector.CardinalityView.Row;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CardinalityRoutesTest {
  @Test
  void listsWhoGrowsAndWhoIsOver() {
    var node = new Row(new Name(BudgetKind.NODE, "", "", ""), 120, 1_000, 20, 120, 20, "", false);
    var service = new Row(new Name(BudgetKind.SERVICE, "a", "", ""), 100, 100, 20, 100, 20, "", true);
    var metric = new Row(new Name(BudgetKind.METRIC, "a", "hits", ""), 90, 100, 20, 90, 20, "user", false);
    var label = new Row(new Name(BudgetKind.LABEL, "a", "hits", "user"), 90, Long.MAX_VALUE, -1, -1, 20, "", false);
    var over = new Quarantined(service.name(), 100, 100, 1_000, 2_000, 3_000, 700, -1, "hits{user=\"<1>\"}");
    assertEquals("{\"status\":\"success\",\"data\":{\"since\":500,\"now\":2500,\"periodEnd\":3000,"
        + "\"node\":{\"active\":120,\"budget\":1000,\"state\":\"ok\",\"newInPeriod\":20,\"newInHour\":20,\"newInDay\":120},"
        + "\"usedSince\":null,"
        + "\"services\":[{\"service\":\"a\",\"active\":100,\"budget\":100,\"state\":\"over\",\"newInPeriod\":20,\"newInHour\":20,"
        + "\"newInDay\":100}],"
        + "\"metrics\":[{\"service\":\"a\",\"metric\":\"hits\",\"active\":90,\"budget\":100,\"state\":\"near\",\"newInPeriod\":20,"
        + "\"newInHour\":20,\"newInDay\":90,\"widestLabel\":\"user\"}],"
        + "\"labels\":[{\"service\":\"a\",\"metric\":\"hits\",\"label\":\"user\",\"active\":90,\"budget\":null,\"state\":\"ok\","
        + "\"newInPeriod\":20}],"
        + "\"quarantined\":[{\"kind\":\"service\",\"service\":\"a\",\"active\":100,\"budget\":100,\"since\":1000,\"last\":2000,"
        + "\"until\":3000,\"refusedSamples\":700,\"refusedSeries\":null,\"example\":\"hits{user=\\\"<1>\\\"}\"}],\"ended\":[]}}",
        CardinalityRoutes.json(new CardinalityView(500, 2_500, 3_000, node, List.of(service), List.of(metric), List.of(label),
            List.of(over), List.of()), Optional.empty()).encode());
  }
}
