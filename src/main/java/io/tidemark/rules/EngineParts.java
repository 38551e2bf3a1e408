package io.tidemark.rules;

import io.tidemark.log.BatchWriter;
import io.tidemark.time.Clock;
import io.tidemark.time.Loop;

/// What every group of one engine shares.
record EngineParts(RuleSettings settings, RuleQueries queries, AlertTexts texts, BatchWriter writer, SavedAlerts saved, AlertSink sink,
    Loop loop, OnLoop onLoop, Clock clock, RuleMetrics metrics) {}
