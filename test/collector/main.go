// Command collector is the OTLP receiver of the OpenTelemetry Collector, at the address that is its argument. It prints what it
// takes as OTLP/JSON, one document on a line for each export.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/otel/metric/noop"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

var line sync.Mutex

func told(signal string, document []byte, err error) error {
	if err != nil {
		return err
	}
	line.Lock()
	defer line.Unlock()
	// As it would be handed to the next in the pipeline: what cannot be printed is told to the sender.
	return json.NewEncoder(os.Stdout).Encode(map[string]json.RawMessage{signal: document})
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: collector HOST:PORT")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(endpoint string) error {
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	wanted := map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": endpoint}}}
	if err := confmap.NewFromStringMap(wanted).Unmarshal(config); err != nil {
		return err
	}
	settings := receiver.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger: zap.NewNop(), TracerProvider: nooptrace.NewTracerProvider(), MeterProvider: noop.NewMeterProvider(),
		},
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	traces, err := consumer.NewTraces(func(_ context.Context, taken ptrace.Traces) error {
		document, err := (&ptrace.JSONMarshaler{}).MarshalTraces(taken)
		return told("traces", document, err)
	})
	if err != nil {
		return err
	}
	metrics, err := consumer.NewMetrics(func(_ context.Context, taken pmetric.Metrics) error {
		document, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(taken)
		return told("metrics", document, err)
	})
	if err != nil {
		return err
	}
	ofTraces, err := factory.CreateTraces(ctx, settings, config, traces)
	if err != nil {
		return err
	}
	ofMetrics, err := factory.CreateMetrics(ctx, settings, config, metrics)
	if err != nil {
		return err
	}
	host := componenttest.NewNopHost()
	for _, one := range []component.Component{ofTraces, ofMetrics} {
		if err := one.Start(ctx, host); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "ready")
	<-ctx.Done()
	for _, one := range []component.Component{ofTraces, ofMetrics} {
		if err := one.Shutdown(context.Background()); err != nil {
			return err
		}
	}
	return nil
}
