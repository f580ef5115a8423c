import { EMPTY_CONFIG, type TransformerConfig } from '../config/field-spec.ts';
import { ResourceMap } from '../resource-map.ts';
import { VarSet } from '../transformers/vars/vars.ts';

/** The objects of a kustomization and what is to be done with them at the end. */
export class Accumulator {
  readonly resources = new ResourceMap();
  config: TransformerConfig = EMPTY_CONFIG;
  readonly vars = new VarSet();

  mergeConfig(config: TransformerConfig): void {
    this.config = this.config.merge(config);
  }

  merge(other: Accumulator): void {
    this.resources.appendAll(other.resources.resources);
    this.mergeConfig(other.config);
    this.vars.addAll(other.vars);
  }
}
