// The days from which Python versions get no fixes any more, as the release
// PEPs have them (373, 429, 478, 494, 537, 569, 596, 619, 664, 693, 719, 745, 790).
const ends: Record<string, string> = {
  "2.6": "2013-10-29", "2.7": "2020-01-01", "3.3": "2017-09-29", "3.4": "2019-03-18", "3.5": "2020-09-30", "3.6": "2021-12-23",
  "3.7": "2023-06-27", "3.8": "2024-10-07", "3.9": "2025-10-31", "3.10": "2026-10-31", "3.11": "2027-10-31", "3.12": "2028-10-31", "3.13": "2029-10-31", "3.14": "2030-10-31",
};

/** Versions of Python with the end of their life. */
export const endOfLife = new Map(Object.entries(ends).map(([version, from]) => [version, { from, why: `Python ${version} gets no fixes since ${from}` }]));
