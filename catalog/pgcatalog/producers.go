package pgcatalog

// producerOf is the code behind a relation, by its qualified name; nil if it has none.
func producerOf(name string) producer {
	for _, list := range []map[string]producer{catalogProducers(), viewProducers(), schemaProducers()} {
		if p, ok := list[name]; ok {
			return p
		}
	}
	return nil
}

// catalogProducers are the tables of pg_catalog.
func catalogProducers() map[string]producer {
	return map[string]producer{
		"pg_catalog.pg_attrdef":            pgAttrdef,
		"pg_catalog.pg_attribute":          pgAttribute,
		"pg_catalog.pg_authid":             pgAuthid,
		"pg_catalog.pg_auth_members":       pgAuthMembers,
		"pg_catalog.pg_db_role_setting":    pgDbRoleSetting,
		"pg_catalog.pg_default_acl":        pgDefaultACL,
		"pg_catalog.pg_cast":               pgCast,
		"pg_catalog.pg_class":              pgClass,
		"pg_catalog.pg_collation":          pgCollation,
		"pg_catalog.pg_constraint":         pgConstraint,
		"pg_catalog.pg_database":           pgDatabase,
		"pg_catalog.pg_depend":             pgDepend,
		"pg_catalog.pg_description":        pgDescription,
		"pg_catalog.pg_enum":               pgEnum,
		"pg_catalog.pg_index":              pgIndex,
		"pg_catalog.pg_inherits":           pgInherits,
		"pg_catalog.pg_init_privs":         pgInitPrivs,
		"pg_catalog.pg_namespace":          pgNamespace,
		"pg_catalog.pg_operator":           pgOperator,
		"pg_catalog.pg_partitioned_table":  pgPartitionedTable,
		"pg_catalog.pg_proc":               pgProc,
		"pg_catalog.pg_rewrite":            pgRewrite,
		"pg_catalog.pg_sequence":           pgSequence,
		"pg_catalog.pg_shdescription":      pgShdescription,
		"pg_catalog.pg_statistic":          pgStatistic,
		"pg_catalog.pg_statistic_ext":      pgStatisticExt,
		"pg_catalog.pg_statistic_ext_data": pgStatisticExtData,
		"pg_catalog.pg_trigger":            pgTrigger,
		"pg_catalog.pg_type":               pgType,
	}
}

// viewProducers are the views of pg_catalog.
func viewProducers() map[string]producer {
	return map[string]producer{
		"pg_catalog.pg_group":                   pgGroup,
		"pg_catalog.pg_indexes":                 pgIndexes,
		"pg_catalog.pg_roles":                   pgRoles,
		"pg_catalog.pg_matviews":                pgMatviews,
		"pg_catalog.pg_rules":                   pgRules,
		"pg_catalog.pg_sequences":               pgSequences,
		"pg_catalog.pg_shadow":                  pgShadow,
		"pg_catalog.pg_stat_all_indexes":        statIndexes(allSchemas),
		"pg_catalog.pg_stat_all_tables":         statTables(allSchemas),
		"pg_catalog.pg_stat_archiver":           statServer,
		"pg_catalog.pg_stat_bgwriter":           statServer,
		"pg_catalog.pg_stat_database":           pgStatDatabase,
		"pg_catalog.pg_stat_database_conflicts": pgStatDatabase,
		"pg_catalog.pg_stat_wal":                statServer,
		"pg_catalog.pg_stat_sys_indexes":        statIndexes(systemSchemas),
		"pg_catalog.pg_stat_sys_tables":         statTables(systemSchemas),
		"pg_catalog.pg_stat_user_indexes":       statIndexes(userSchemas),
		"pg_catalog.pg_stat_user_functions":     pgStatUserFunctions,
		"pg_catalog.pg_stat_user_tables":        statTables(userSchemas),
		"pg_catalog.pg_statio_all_tables":       statTables(allSchemas),
		"pg_catalog.pg_statio_sys_tables":       statTables(systemSchemas),
		"pg_catalog.pg_statio_user_tables":      statTables(userSchemas),
		"pg_catalog.pg_stats":                   pgStats,
		"pg_catalog.pg_stats_ext":               pgStatsExt,
		"pg_catalog.pg_stats_ext_exprs":         pgStatsExtExprs,
		"pg_catalog.pg_tables":                  pgTables,
		"pg_catalog.pg_timezone_abbrevs":        pgTimezoneAbbrevs,
		"pg_catalog.pg_timezone_names":          pgTimezoneNames,
		"pg_catalog.pg_user":                    pgUser,
		"pg_catalog.pg_views":                   pgViews,
	}
}

// schemaProducers are the views of information_schema.
func schemaProducers() map[string]producer {
	list := map[string]producer{
		"administrable_role_authorizations": isApplicableRoles,
		"applicable_roles":                  isApplicableRoles,
		"character_sets":                    isCharacterSets,
		"check_constraints":                 isCheckConstraints,
		"collations":                        isCollations,
		"column_privileges":                 isColumnPrivileges,
		"columns":                           isColumns,
		"constraint_column_usage":           isConstraintColumnUsage,
		"constraint_table_usage":            isConstraintTableUsage,
		"element_types":                     isElementTypes,
		"enabled_roles":                     isEnabledRoles,
		"information_schema_catalog_name":   isCatalogName,
		"key_column_usage":                  isKeyColumnUsage,
		"referential_constraints":           isReferentialConstraints,
		"role_column_grants":                isColumnPrivileges,
		"role_table_grants":                 isTablePrivileges,
		"routines":                          isRoutines,
		"schemata":                          isSchemata,
		"sequences":                         isSequences,
		"table_constraints":                 isTableConstraints,
		"table_privileges":                  isTablePrivileges,
		"tables":                            isTables,
		"triggered_update_columns":          isTriggeredColumns,
		"triggers":                          isTriggers,
		"view_table_usage":                  isViewTableUsage,
		"views":                             isViews,
	}
	out := make(map[string]producer, len(list))
	for name, p := range list {
		out["information_schema."+name] = p
	}
	return out
}
