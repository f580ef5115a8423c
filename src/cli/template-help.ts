import { Command, type ParseOptionsResult } from 'commander';
import { shownFlags } from './template-line.ts';

/** What help and completion know of `template`, which reads its command line itself. */
export const templateHelp = (): Command => new TemplateHelp();

class TemplateHelp extends Command {
  constructor() {
    super('template');
    this.description('Render a chart as `helm template` does, without the helm program')
      .argument('[name-or-chart]', "the release's name, or the chart alone")
      .argument('[chart]', 'a directory, a .tgz file, oci://…, https://….tgz, repository/name, or a name in --repo')
      .addHelpText('after', '\nAll other flags of `helm template` are accepted; what would ask a cluster is refused.');
    for (const { name, short, value, usage } of shownFlags())
      this.option(
        `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
        usage,
      );
  }

  override parseOptions(): ParseOptionsResult {
    return { operands: [], unknown: ['--help'] };
  }
}
