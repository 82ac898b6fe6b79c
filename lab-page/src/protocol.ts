// What the server and the page say to each other. Layers are counted from 1, units from 0.

/** JSON has no words for these, so they come as strings. */
export type Num = number | 'NaN' | 'Infinity' | '-Infinity' | null;
export type Matrix = number[][];

export interface DataSettings {
  set: string;
  upload?: string;
  rows: number;
  noise: number;
  test: number;
  standardise: boolean;
  inputs?: string[];
  target?: string;
  task?: Task;
  seed: number;
}
export interface LayerSettings {
  units: number;
  activation: string;
  batch_norm: boolean;
  dropout: number;
  init: string;
  init_scale?: number;
}
export interface NetworkSettings {
  layers: LayerSettings[];
  loss: string;
  output: { activation: string; init: string; init_scale?: number };
  seed: number;
}
export interface TrainingSettings {
  optimizer: string;
  learning_rate: number;
  momentum?: number;
  batch_size: number | 'all';
  weight_decay: number;
  schedule: string;
  clip: number | null;
  seed: number;
  shuffle: boolean;
  epochs?: number;
}
export interface Settings {
  version: 1;
  data: DataSettings;
  network: NetworkSettings;
  training: TrainingSettings;
}
export type PartialSettings = {
  version?: 1;
  data?: Partial<DataSettings>;
  network?: Partial<NetworkSettings>;
  training?: Partial<TrainingSettings>;
};

export type Task = 'binary' | 'multiclass' | 'regression';

export interface Offer {
  name: string;
  title: string;
  formula?: string;
}
export interface SetOffer extends Offer {
  task: Task;
  columns: number | string[];
  toy: boolean;
}
export interface LossOffer extends Offer {
  tasks: Task[];
  outputs: string[];
  partner: string | null;
}
export interface InitOffer extends Offer {
  scaled: boolean;
}
export interface OptimizerOffer extends Offer {
  learning_rate: number;
  momentum: number | null;
  whole_batch: boolean;
}
export interface Lesson {
  id: string;
  title: string;
  question: string;
  text: string[];
  try: string;
  settings: Settings;
  show: string[];
  fork?: PartialSettings;
}
export interface Column {
  name: string;
  kind: 'number' | 'text';
  missing: number;
  example: string | number | null;
}
export interface Upload {
  upload: string;
  name?: string;
  rows: number;
  columns: Column[];
  suggested: { inputs: string[]; target: string; task: Task | null };
}
export interface Catalogue {
  sets: SetOffer[];
  activations: Offer[];
  inits: InitOffer[];
  losses: LossOffer[];
  optimizers: OptimizerOffer[];
  schedules: Offer[];
  fitting: Record<Task, { loss: string; output: string }>;
  limits: { rows: [number, number]; layers: number; units: number; upload: number; columns: number };
  lessons: Lesson[];
  version: string;
  start: { settings: Settings };
  given: Upload | null;
}

export interface Data {
  task: Task;
  names: string[];
  target?: string;
  classes?: string[];
  x: Matrix;
  y: number[];
  test: boolean[];
  rows?: (number | null)[];
  train_rows?: number;
  range: [number, number][];
  plane: [number, number];
}
export interface Run {
  run: string;
  settings: Settings;
  /** Of its fork, if it has one. */
  twin: Settings | null;
  data: Data;
  warnings: string[];
  restarted?: boolean;
  state: State;
}
export interface State {
  /** Counts what a run says of itself: the higher is the newer, whichever arrives first. */
  told: number;
  playing: boolean;
  epoch: number;
  step: number;
  restarted: number;
  speed: number | null;
  forked: boolean;
  ended?: string | null;
}

export interface Norms {
  a: Num;
  delta: Num;
  dW: Num;
  W: Num;
  ratio: Num;
}
export interface LayerFrame {
  layer: number;
  /** Of the view "weights", which is sent while a drawing of the network is in sight. */
  W?: Matrix;
  b?: number[];
  a?: number[];
  delta?: number[];
  norms: Norms;
  dead: boolean[];
  saturated: boolean[];
  twins: number[][];
  histogram?: { edges: number[]; W: number[]; dW: number[]; dW_edges?: number[] };
}
export interface Curves {
  from: number;
  steps: number[];
  epochs: number[];
  loss: Num[];
  test_loss: Num[];
  metric: Num[];
  test_metric: Num[];
}
export interface Units {
  resolution: number;
  /** By layer and unit: r × r bytes in base64, or r where there is one input. */
  grid: string[][];
  lo: number[];
  hi: number[];
}
export interface Boundary {
  resolution: number;
  /** Bytes in base64: probability, scaled value, or the number of the most probable class. */
  values: string;
  /** Several classes: how probable that class is. */
  top?: string;
  lo: number;
  hi: number;
  kind: Task;
}
export interface Hidden {
  layer: number;
  before: [number, number][];
  after: [number, number][];
  axes: string;
}
export interface Frame {
  step: number;
  epoch: number;
  loss: Num;
  test_loss: Num;
  metric: Num;
  test_metric: Num;
  metric_name: string;
  rate: Num;
  /** How often the run had begun anew when this was drawn. */
  restarted: number;
  /** The two inputs that span the plane of what it shows over a plane. */
  plane: [number, number];
  curves?: Curves;
  layers: LayerFrame[];
  units?: Units;
  boundary?: Boundary;
  curve?: { x: number[]; y: number[] };
  hidden?: Hidden[];
  twin?: Frame;
}

export interface Finding {
  id: string;
  cause: string;
  title: string;
  layer: number | null;
  units: number[] | null;
  severity: string | number;
  confidence: string | number;
  evidence: string[];
  remedy: { text: string; changes: PartialSettings | null } | null;
}
export interface ProofCurve {
  steps: number[];
  loss: Num[];
}
export interface Proof {
  finding: string;
  without?: ProofCurve;
  with?: ProofCurve;
  cured?: boolean;
  sentence?: string;
  error?: string;
}

export type Direction = 'forward' | 'loss' | 'backward' | 'update';
export interface Stage {
  id: string;
  layer: number;
  direction: Direction;
  title: string;
  equation: string;
  shapes: string;
  numbers: string;
  arrays: Record<string, Matrix | number[] | number>;
  /** Shapes of arrays that are too large to send. */
  large?: Record<string, number[]>;
}
export interface Look {
  step: number;
  rows: number[];
  x: Matrix;
  y: Matrix | number[];
  J: Num;
  stages: Stage[];
  /** null: too many numbers to send. */
  layers?: { layer: number; z: Matrix | null; a: Matrix | null; delta: Matrix | null }[];
}
export interface Factor {
  symbol: string;
  value: number;
  text: string;
}
export interface Path {
  through: string[];
  factors: Factor[];
  product: number;
}
export interface Derived {
  value: number;
  numerical: Num;
  paths: Path[];
  equation: string;
  lines: string[];
  total_paths: number;
  verdict?: string;
  remarks?: string[];
  penalty?: Num;
}
export interface Refusal {
  error: string;
  where?: string;
  errors?: { where: string; message: string }[];
}
