"""What happens to the mark of a stale state that is marked again."""

from __future__ import annotations

MARKED_AGAIN = """ON CONFLICT (tenant_id, learner_key) DO UPDATE SET marked_at = excluded.marked_at,
        due_at = least(stale_learner_states.due_at, excluded.due_at)"""
"""The end of every INSERT into `stale_learner_states`: nothing puts off what was due earlier."""
