import type { Outcome, Promised } from './change-case.ts';

/** Formats that are run for two promises only: each asks much of a registry. */
export const sides = ['backward', 'forward'] as const satisfies readonly Promised[];
type Sides = readonly [backward: Outcome, forward: Outcome];

const [goesOn, stops] = ['schema 2', 'LIB701'] as const;
const onlyBackward: Sides = [goesOn, stops];
const onlyForward: Sides = [stops, goesOn];
const neither: Sides = [stops, stops];

/**
 * Where Apicurio's verdict makes another outcome than our rules have without it, by the name of the change: test/registry/apart.ts has the reasons.
 */
export const byRegistry: Readonly<Record<'json-schema' | 'protobuf', Readonly<Record<string, Sides>>>> = {
  'json-schema': {
    'a column is added that may be NULL': onlyForward,
    'a column is added that has a default': onlyForward,
    'a column is dropped that may be NULL': onlyBackward,
    'a column is renamed that may be NULL': neither,
    'NOT NULL is taken away': neither,
    'a view is defined anew, with a column more': onlyForward,
    'a view is defined anew, without a column that it could not be NULL in': onlyBackward,
    'a query is over a table that gets a column more': onlyForward,
  },
  protobuf: {
    'a column is added that may be NULL': onlyBackward,
    'a column is added that has a default': neither,
    'a column is added that is required': neither,
    'a column is dropped that may be NULL': neither,
    'a column is dropped that is required': neither,
    'a column is renamed that may be NULL': neither,
    'a type becomes wider': neither,
    'NOT NULL is taken away': neither,
    'NOT NULL is put on': neither,
    'the table is renamed away and made anew, without a column that is required': neither,
    'a view is defined anew, with a column more': onlyBackward,
    'a view is defined anew, without a column that it could not be NULL in': neither,
    'a query is over a table that gets a column more': onlyBackward,
  },
};
