package io.tidemark.notify;

import io.tidemark.model.LabelSet;

/// A notification that was sent, or given up, a while ago.
///
/// @param atMillis    when the group was flushed
/// @param integration such as `slack[0]`
/// @param firing      how many firing alerts it told of
/// @param resolved    how many resolved ones
/// @param detail      the receiver's answer, or why it failed
public record DeliveryView(long atMillis, long tookMillis, String groupKey, LabelSet groupLabels, String receiver, String integration,
    int firing, int resolved, boolean delivered, int attempts, String detail) {}
