/**
 * Which boot program a machine is given, from what became of the ones before. Pure.
 *
 * A program *dies* when it was fetched whole and the next thing heard of the machine is its firmware,
 * which starts over: no DHCP of iPXE, no script, no file. After two deaths in a row the other program
 * of its kind has its turn (quirk I12); they alternate until one works, which is remembered.
 */

export interface ProgramTrial {
  /** The served name of the one to give; absent: the best of its kind. */
  readonly name?: string;
  /** Whether `name` has worked. */
  readonly hasWorked: boolean;
  /** Deaths in a row of the one that is given now. */
  readonly deaths: number;
  /** What it was told to fetch last. */
  readonly given?: GivenProgram;
  /** Whether it has fetched that whole, and not been heard of since. */
  readonly isFetched: boolean;
  /** Whether the operator was told that nothing helps. */
  readonly isTold: boolean;
}

export interface GivenProgram {
  readonly name: string;
  /** What can be given instead; absent if there is nothing. */
  readonly other?: string;
  /** The operator has chosen it: it is not replaced by another one. */
  readonly isChosen: boolean;
}

export type ProgramEvent =
  /** Firmware asks from the start. */
  | { readonly type: "firmware-asks" }
  | { readonly type: "given"; readonly program: GivenProgram }
  /** A boot program arrived whole. */
  | { readonly type: "fetched"; readonly name: string }
  /** What the boot program is for happens: iPXE asks for an address, a script or a file. */
  | { readonly type: "runs" };

export type ProgramEffect =
  | { readonly type: "program-moved"; readonly from: string; readonly to: string; readonly deaths: number }
  /** It keeps dying and nothing else may be given. */
  | { readonly type: "program-dies"; readonly program: GivenProgram; readonly deaths: number }
  /** What is kept across restarts became different. */
  | { readonly type: "learnt" };

export type ProgramStep = readonly [ProgramTrial, readonly ProgramEffect[]];

const DEATHS = 2;

/** @param worked - the served name of the program that worked before */
export function startProgramTrial(worked?: string): ProgramTrial {
  return {
    ...(worked === undefined ? {} : { name: worked }),
    hasWorked: worked !== undefined,
    deaths: 0,
    isFetched: false,
    isTold: false,
  };
}

/** Takes one event into account. */
export function programStep(trial: ProgramTrial, event: ProgramEvent): ProgramStep {
  switch (event.type) {
    case "firmware-asks":
      return trial.isFetched && trial.given !== undefined ? died(trial, trial.given) : [trial, []];
    case "given":
      return [given(trial, event.program), []];
    case "fetched":
      return [{ ...trial, isFetched: event.name === trial.given?.name }, []];
    case "runs":
      return runs(trial);
  }
}

/** Another one than before, by the operator's or our choice, begins without deaths. */
function given(trial: ProgramTrial, program: GivenProgram): ProgramTrial {
  const isSame = trial.given === undefined || trial.given.name === program.name;
  return { ...trial, given: program, ...(isSame ? {} : { deaths: 0, isFetched: false }) };
}

function died(trial: ProgramTrial, program: GivenProgram): ProgramStep {
  const deaths = trial.deaths + 1;
  const next = { ...trial, deaths, isFetched: false };
  if (deaths < DEATHS) return [next, []];
  if (program.other === undefined || program.isChosen) {
    const effect = { type: "program-dies", program, deaths } as const;
    return [{ ...next, isTold: true }, trial.isTold ? [] : [effect]];
  }
  return [
    { ...next, name: program.other, hasWorked: false, deaths: 0 },
    [
      { type: "program-moved", from: program.name, to: program.other, deaths },
      ...(trial.hasWorked ? [{ type: "learnt" } as const] : []),
    ],
  ];
}

function runs(trial: ProgramTrial): ProgramStep {
  const isProof = trial.isFetched && trial.name !== undefined && trial.given?.name === trial.name;
  const isNew = isProof && !trial.hasWorked;
  const next = { ...trial, deaths: 0, isFetched: false, isTold: false };
  return isNew ? [{ ...next, hasWorked: true }, [{ type: "learnt" }]] : [next, []];
}
