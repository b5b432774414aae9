import { isAdmissible, type SchemaView } from '../engine/schema-view.ts';
import { breakText } from '../schema/compatibility/break-words.ts';
import { compareSchemas, type SchemaVersion } from '../schema/compatibility/compatibility.ts';
import type { KeptSchema } from '../sink/schema-keeper.ts';
import { documentFiles } from './schema-files.ts';

const versionOf = ({ version, fingerprint, at }: KeptSchema): object => ({ version, fingerprint, at });

function headOf({ plan }: SchemaView): object {
  const { format, keyFormat, envelope, model } = plan.stream;
  const { compatibility } = plan.job;
  return { job: plan.name, topic: plan.topic.name, format, keyFormat, envelope, compatibility, fingerprint: model.fingerprint };
}

function placesOf({ kept, registry }: SchemaView): object {
  return { kept: kept === null ? null : { place: kept.place, versions: kept.versions.map(versionOf) }, registry };
}

/** What `liberate schema show --json` tells of a stream. */
export function viewAsJson(view: SchemaView): object {
  const { fields, key } = view.plan.stream.model;
  const documents = Object.fromEntries(documentFiles(view.plan.stream).map(({ part, text }) => [part, text]));
  return { ...headOf(view), ...placesOf(view), fields, key: key.map(({ name }) => name), documents };
}

/** What `liberate schema diff --json` tells of it. */
export function diffAsJson(view: SchemaView, was: (KeptSchema & SchemaVersion) | null): object {
  const compared = was === null ? null : { from: versionOf(was), differences: compareSchemas(was, view.plan.stream) };
  return { ...headOf(view), place: view.kept?.place ?? null, ...(compared ?? { from: null, differences: [] }) };
}

/** What `liberate schema check --json` tells of it; `breaks` name the version that they break. */
export function checkAsJson(view: SchemaView): object {
  const { differences = [], breaks = [] } = view.kept?.verdict ?? {};
  return {
    ...headOf(view),
    ok: isAdmissible(view),
    ...placesOf(view),
    differences,
    breaks: breaks.map((one) => ({ version: one.at + 1, direction: one.direction, ...one.difference, text: breakText(one) })),
  };
}
