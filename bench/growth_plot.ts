// Draws the families of growth.ts as one SVG: a panel for each, both axes logarithmic. The one place that knows ECharts.

import { type EChartsOption, init } from 'echarts';
import { FAMILIES, type Point, pointsOf } from './growth.ts';
import { figure } from './harness.ts';
import type { RunRecord } from './record.ts';

export interface Theme {
  readonly name: 'light' | 'dark';
  readonly background: string;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Blue and orange of Okabe and Ito, which people with any colour vision tell apart; symbols and dashes differ as well. */
export const THEMES: readonly Theme[] = [
  {
    name: 'light',
    background: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    grid: '#d8dee4',
    ours: '#0072b2',
    theirs: '#d55e00',
  },
  {
    name: 'dark',
    background: '#0d1117',
    text: '#e6edf3',
    faint: '#9198a1',
    grid: '#30363d',
    ours: '#56b4e9',
    theirs: '#e69f00',
  },
];

const OURS = 'Lunatic for Node.js';
const THEIRS = 'Erlang/OTP';

const COLUMNS = 2;
const PANEL = { width: 480, height: 250 } as const;
const HEAD = 64;
const FOOT = 34;
/** Between a value and the edge above or below it, as a factor. */
const LABEL_ROOM = 1.6;
/** Space of a panel around its axes. */
const MARGIN = { left: 62, right: 26, top: 44, bottom: 48 } as const;
/** Without quotes: ECharts writes it into attributes as it stands. */
const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';

/** The picture, or undefined when the run has nothing to draw. */
export function drawGrowth({ run, results }: RunRecord, theme: Theme): string | undefined {
  const panels = FAMILIES.map((family) => ({ family, points: pointsOf(family, results) })).filter(
    ({ points }) => points.length > 0,
  );
  if (panels.length === 0) return undefined;
  const width = COLUMNS * PANEL.width;
  const height = HEAD + Math.ceil(panels.length / COLUMNS) * PANEL.height + FOOT;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  const axisText = { color: theme.faint, fontFamily: FONT, fontSize: 12 };
  const axes = panels.map(({ points }, index) => ({ index, range: decades(points) }));
  const option: EChartsOption = {
    animation: false,
    backgroundColor: theme.background,
    textStyle: { fontFamily: FONT },
    title: [
      {
        text: 'What one process costs, as their number grows',
        left: 16,
        top: 10,
        textStyle: { color: theme.text, fontFamily: FONT, fontSize: 18, fontWeight: 600 },
      },
      ...panels.map(({ family }, index) => ({
        text: `${family.title} (${family.unit})`,
        left: corner(index).left + 16,
        top: corner(index).top + 8,
        textStyle: { color: theme.text, fontFamily: FONT, fontSize: 14, fontWeight: 600 as const },
      })),
      {
        text: `Medians; lower is better. ${run.cores} × ${run.cpu}, Node.js ${run.node.slice(1)}, Erlang/OTP ${run.erlang ?? 'missing'}, one thread each; ${run.date}, commit ${run.commit}`,
        left: 16,
        top: height - FOOT + 6,
        textStyle: { color: theme.faint, fontFamily: FONT, fontSize: 12, fontWeight: 400 },
      },
    ],
    legend: {
      data: [OURS, THEIRS],
      selectedMode: false,
      right: 20,
      top: 12,
      itemWidth: 40,
      itemGap: 24,
      textStyle: { color: theme.text, fontFamily: FONT, fontSize: 14 },
    },
    grid: axes.map(({ index }) => ({
      left: corner(index).left + MARGIN.left,
      top: corner(index).top + MARGIN.top,
      width: PANEL.width - MARGIN.left - MARGIN.right,
      height: PANEL.height - MARGIN.top - MARGIN.bottom,
    })),
    xAxis: axes.map(({ index }) => ({
      type: 'log' as const,
      gridIndex: index,
      // A little beyond the outermost points, so that their labels have room.
      min: 600,
      max: 1_700_000,
      name: 'processes',
      nameLocation: 'middle' as const,
      nameGap: 28,
      nameTextStyle: axisText,
      axisLabel: { ...axisText, formatter: (value: number) => powerOfTen(value) },
      axisLine: { lineStyle: { color: theme.faint } },
      axisTick: { show: false },
      splitLine: { show: false },
    })),
    yAxis: axes.map(({ index, range }) => ({
      type: 'log' as const,
      gridIndex: index,
      min: range.low,
      max: range.high,
      axisLabel: { ...axisText, formatter: (value: number) => powerOfTen(value) },
      splitLine: { lineStyle: { color: theme.grid } },
      minorTick: { show: true, splitNumber: 9 },
      axisLine: { show: true, lineStyle: { color: theme.faint } },
    })),
    series: panels.flatMap(({ points }, index) => lines(points, index, theme)),
  };
  chart.setOption(option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function corner(index: number): { readonly left: number; readonly top: number } {
  return { left: (index % COLUMNS) * PANEL.width, top: HEAD + Math.floor(index / COLUMNS) * PANEL.height };
}

/** From the power of ten below all values to the one above, and some more where a value's label would not fit. */
function decades(points: readonly Point[]): { readonly low: number; readonly high: number } {
  const values = points.flatMap(({ ours, theirs }) => (theirs === null ? [ours] : [ours, theirs]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const low = 10 ** Math.floor(Math.log10(least));
  const high = Math.max(10 ** Math.ceil(Math.log10(most)), low * 10);
  return { low: least < low * LABEL_ROOM ? low / 2 : low, high: most * LABEL_ROOM > high ? high * 2 : high };
}

function powerOfTen(value: number): string {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? value.toLocaleString('en') : '';
}

/** Each point carries its value, above the line that is higher there and below the other. */
function lines(points: readonly Point[], index: number, theme: Theme) {
  const common = {
    type: 'line' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    symbolSize: 9,
    emphasis: { disabled: true },
  };
  const label = (color: string) => ({
    show: true,
    color,
    backgroundColor: theme.background,
    padding: [0, 2],
    fontFamily: FONT,
    fontSize: 12,
    distance: 6,
  });
  const data = (side: 'ours' | 'theirs') =>
    points.flatMap((point) => {
      const value = point[side];
      if (value === null) return [];
      const other = side === 'ours' ? point.theirs : point.ours;
      const position: 'top' | 'bottom' = other === null || value >= other ? 'top' : 'bottom';
      return [{ value: [point.n, value], label: { position, formatter: readable(value) } }];
    });
  return [
    {
      ...common,
      name: OURS,
      symbol: 'circle',
      color: theme.ours,
      lineStyle: { width: 2.5, color: theme.ours },
      label: label(theme.ours),
      data: data('ours'),
    },
    {
      ...common,
      name: THEIRS,
      symbol: 'triangle',
      color: theme.theirs,
      lineStyle: { width: 2.5, color: theme.theirs, type: 'dashed' as const },
      label: label(theme.theirs),
      data: data('theirs'),
    },
  ];
}

function readable(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : figure(value);
}
