"""Shell completion."""

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    r"""
    Print the completion script of a SHELL.

    \b
    bash:  eval "$(mdevsim completion bash)"
    zsh:   eval "$(mdevsim completion zsh)"
    fish:  mdevsim completion fish | source
    """
    of_shell = get_completion_class(shell)
    if of_shell is None:
        raise click.BadParameter(f"no completion for {shell}")
    root = context.find_root().command
    click.echo(of_shell(root, {}, "mdevsim", "_MDEVSIM_COMPLETE").source())
