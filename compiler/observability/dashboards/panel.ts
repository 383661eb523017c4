/** What a panel shows: a query, and what its series are called. */
export interface Query {
  readonly expr: string;
  /** `{{operation}}`; without one, the labels. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: "timeseries" | "stat" | "table";
  /** Of Grafana: `reqps`, `percentunit`, `s`, `bytes`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** From here on the value is red; below 0 is red where it is negative. */
  readonly redFrom?: number;
  /** Small values are bad: from here on it is green. */
  readonly greenFrom?: number;
  /** Columns of 24. */
  readonly width?: 6 | 8 | 12 | 24;
}

/** The source of figures that whoever looks chooses, so that a file works in every Grafana, provisioned or imported. */
const datasource = { type: "prometheus", uid: "${datasource}" } as const;

/** Panels from left to right and top to bottom, in the classic model of Grafana. */
export function laidOut(panels: readonly Panel[]): readonly object[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return panels.map((panel, index) => {
    const width = panel.width ?? 12;
    const height = panel.type === "stat" ? 4 : 8;
    if (x + width > 24) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const gridPos = { x, y, w: width, h: height };
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return panelModel(panel, index + 1, gridPos);
  });
}

const panelModel = (panel: Panel, id: number, gridPos: object): object => ({
  id,
  type: panel.type,
  title: panel.title,
  ...(panel.description === undefined ? {} : { description: panel.description }),
  gridPos,
  datasource,
  targets: panel.queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    expr,
    legendFormat: legend ?? "__auto",
    ...(panel.type === "table"
      ? { format: "table", instant: true }
      : { range: panel.type === "timeseries", instant: panel.type === "stat" }),
  })),
  fieldConfig: {
    defaults: {
      unit: panel.unit,
      ...(panel.type === "timeseries" ? { min: 0, custom: { fillOpacity: 10, showPoints: "never" } } : {}),
      ...thresholds(panel),
    },
    overrides: [],
  },
  options: options[panel.type],
});

function thresholds({ redFrom, greenFrom }: Panel): object {
  const steps = (first: string, from: number, then: string): object => ({
    thresholds: {
      mode: "absolute",
      steps: [
        { color: first, value: null },
        { color: then, value: from },
      ],
    },
  });
  if (redFrom !== undefined) return steps("green", redFrom, "red");
  return greenFrom === undefined ? {} : steps("red", greenFrom, "green");
}

const options = {
  timeseries: {
    legend: { displayMode: "table", placement: "bottom", showLegend: true, calcs: ["lastNotNull", "max"] },
    tooltip: { mode: "multi", sort: "desc" },
  },
  stat: { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }, colorMode: "value", graphMode: "area" },
  table: { showHeader: true },
} as const;
