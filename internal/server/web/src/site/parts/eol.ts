import ends from "../../../../../pypi/endoflife.json"; // what the gateway goes by too

/** Versions of Python with the day from which they get no fixes any more. */
export const endOfLife = new Map(Object.entries(ends).map(([version, from]) => [version, { from, why: `Python ${version} gets no fixes since ${from}` }]));
