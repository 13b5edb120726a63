"""Pages: the JSON answers of /v1/analytics as server-rendered HTML; data in, text out, no store, no clock."""

from akademos.serving.pages.accesses import Access, render_accesses
from akademos.serving.pages.answers import LoadFailure
from akademos.serving.pages.groups import render_groups
from akademos.serving.pages.my_learners import CourseChoice, render_my_learners
from akademos.serving.pages.my_progress import render_my_progress
from akademos.serving.pages.my_study import render_my_study
from akademos.serving.pages.notices import render_error, render_no_consent
from akademos.serving.pages.peers import render_peers, render_peers_invitation
from akademos.serving.pages.shell import CONTENT_SECURITY_POLICY, STATIC_FOLDER, NavLink, Shell
from akademos.serving.pages.sign_in import Person, SignInLink, render_sign_in, render_signed_in
from akademos.serving.pages.students_in_focus import render_students_in_focus

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "STATIC_FOLDER",
    "Access",
    "CourseChoice",
    "LoadFailure",
    "NavLink",
    "Person",
    "Shell",
    "SignInLink",
    "render_accesses",
    "render_error",
    "render_groups",
    "render_my_learners",
    "render_my_progress",
    "render_my_study",
    "render_no_consent",
    "render_peers",
    "render_peers_invitation",
    "render_sign_in",
    "render_signed_in",
    "render_students_in_focus",
]
