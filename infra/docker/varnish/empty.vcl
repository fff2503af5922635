# The tables of a site that nobody has told the edge about: one edition at the root, no old addresses.
sub edge_edition {
    set req.http.X-Vitrine-Base = "/";
    set req.http.X-Vitrine-Below = "";
}

sub edge_redirect {
}
