/*
 * proto.h - the protobuf exposition format: io.prometheus.client.MetricFamily
 * messages, each after its length
 * (https://github.com/prometheus/client_model, metrics.proto;
 * https://protobuf.dev/programming-guides/encoding/). A histogram is a classic
 * and a native one in one message.
 */
#ifndef METRICS_PROTO_H
#define METRICS_PROTO_H

#include "base/buf.h"
#include "metrics/families.h"

/* Appends all there is to scrape. */
void proto_write(struct buf *b, const struct scrape_source *what);

#endif
