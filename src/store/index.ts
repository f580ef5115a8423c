/** The objects of a run: definitions, status, artifacts, and the events that tell of changes. */
export {
  type Artifact,
  type Origin,
  type Phase,
  type Status,
  Store,
  type StoredObject,
  type StoreEvent,
  type StoreListener,
} from './store.ts';
