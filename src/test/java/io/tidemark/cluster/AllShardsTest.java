package io.tidemark.cluster;

import io.tidemark.cluster.single.AllShards;

class AllShardsTest extends OwnershipContract {
  @Override
  Ownership open(String node) {
    return new AllShards(4);
  }
}
